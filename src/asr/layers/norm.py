"""Normalisation of channels that padding cannot pollute."""

from typing import Any, Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from asr.padded import Padded
from asr.span import Length, Span

NormKind = Literal["batch", "batch_plain", "layer", "none"]


def make_norm(kind: NormKind, channels: int, eps: float = 1e-5) -> nn.Module:
    """The normalisation called ``kind``, as a time layer.

    Args:
        kind: ``"batch_plain"`` has no scale and no offset to learn.
        eps: added to the variance.

    Raises:
        ValueError: there is no such kind, or ``eps`` is not positive.
    """
    if not eps > 0:
        raise ValueError(f"norm_eps must be above 0, got {eps:g}")
    if kind in ("batch", "batch_plain"):
        return TimeBatchNorm(channels, eps=eps, affine=kind == "batch")
    if kind == "layer":
        return TimeLayerNorm(channels, eps=eps)
    if kind == "none":
        return NoNorm()
    raise ValueError(f"norm must be one of {get_args(NormKind)}, got {kind!r}")


class TimeBatchNorm(nn.Module):
    """Batch normalisation over the valid frames of a batch (Ioffe and Szegedy, 2015).

    In evaluation it is ``nn.BatchNorm1d``; in training, mean and variance are taken over true
    frames only, so the amount of padding changes nothing.

    Shape: ``(batch, channels, time)``, unchanged.

    Args:
        eps: added to the variance.
        momentum: weight of the newest batch in the running statistics.
        affine: whether scale and offset are learnt.
    """

    span = Span()
    running_mean: Tensor
    running_var: Tensor
    weight: Tensor
    bias: Tensor

    def __init__(
        self, channels: int, *, eps: float = 1e-5, momentum: float = 0.1, affine: bool = True
    ) -> None:
        super().__init__()
        self.eps, self.momentum = eps, momentum
        for name, start in (("weight", torch.ones(channels)), ("bias", torch.zeros(channels))):
            if affine:
                self.register_parameter(name, nn.Parameter(start))
            else:
                self.register_buffer(name, start, persistent=False)
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def output_length(self, length: Length) -> Length:
        return length

    def forward(self, x: Padded) -> Padded:
        if not self.training:
            values = F.batch_norm(
                x.values, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
            return x._replace(values=values)
        values, mean, var, count = _MaskedBatchNorm.apply(
            x.values, x.mask[:, None], self.weight, self.bias, self.eps
        )
        with torch.no_grad():
            unbiased = var * (count / (count - 1).clamp_min(1))
            self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)
            self.running_var.lerp_(unbiased.to(self.running_var.dtype), self.momentum)
        return x._replace(values=values)


class _MaskedBatchNorm(torch.autograd.Function):
    """Written out by hand because the chain of elementary steps keeps three copies of x."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, mask: Tensor, weight: Tensor, bias: Tensor, eps: float
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        precise = torch.promote_types(x.dtype, torch.float32)
        count = mask.sum().clamp_min(1).to(precise)
        values = x.to(precise).masked_fill(~mask, 0)
        mean = values.sum((0, 2)) / count
        centred = values.sub_(mean[:, None]).masked_fill_(~mask, 0)
        var = torch.linalg.vector_norm(centred, dim=(0, 2)).square() / count
        scale = (var + eps).rsqrt()
        normal = centred.mul_(scale[:, None])
        ctx.save_for_backward(normal, mask, weight, scale, count)
        ctx.dtype = x.dtype
        ctx.mark_non_differentiable(mean, var, count)
        y = torch.addcmul(bias[:, None], normal, weight[:, None]).to(x.dtype)
        return y, mean, var, count

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor, *_: Tensor) -> tuple[Tensor, None, Tensor, Tensor, None]:
        normal, mask, weight, scale, count = ctx.saved_tensors
        grad = grad.to(normal.dtype).masked_fill(~mask, 0)
        grad_bias = grad.sum((0, 2))
        grad_weight = (grad * normal).sum((0, 2))
        through = torch.addcmul(grad, normal, (grad_weight / -count)[:, None])
        through -= (grad_bias / count)[:, None]
        through *= (weight * scale)[:, None]
        return through.masked_fill_(~mask, 0).to(ctx.dtype), None, grad_weight, grad_bias, None


class TimeLayerNorm(nn.Module):
    """Layer normalisation over the channels of each frame (Ba et al., 2016).

    Shape: ``(batch, channels, time)``, unchanged.
    """

    span = Span()

    def __init__(self, channels: int, *, eps: float = 1e-5) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=eps)

    def output_length(self, length: Length) -> Length:
        return length

    def forward(self, x: Padded) -> Padded:
        return x._replace(values=self.norm(x.values.transpose(1, 2)).transpose(1, 2))


class NoNorm(nn.Module):
    """Leaves its input as it is."""

    span = Span()

    def output_length(self, length: Length) -> Length:
        return length

    def forward(self, x: Padded) -> Padded:
        return x
