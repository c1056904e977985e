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
            x.values, x.lengths, self.weight, self.bias, self.eps
        )
        with torch.no_grad():
            unbiased = var * (count / (count - 1).clamp_min(1))
            self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)
            self.running_var.lerp_(unbiased.to(self.running_var.dtype), self.momentum)
        return x._replace(values=values)


class _MaskedBatchNorm(torch.autograd.Function):
    """Two native kernels each way, over zeros where there is padding, put right by the counts.

    The chain of elementary steps reads the values three times as often, and keeps float32 copies
    of what came in half precision.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, lengths: Tensor, weight: Tensor, bias: Tensor, eps: float
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        precise = torch.promote_types(x.dtype, torch.float32)
        x = Padded(x, lengths).zeroed().values
        count = lengths.sum().clamp_min(1).double()
        if x.dtype == precise:
            var, mean = torch.var_mean(x, dim=(0, 2), correction=0)
        else:  # a kernel that sums in float32
            unused = torch.zeros(x.shape[1], dtype=precise, device=x.device)
            mean, var = torch.ops.aten.batch_norm_update_stats(x, unused, unused.clone(), 0.0)
        # So far, zeros were counted; E[x^2] and E[x] are of fewer frames than that.
        share, zeros_mean = x.shape[0] * x.shape[2] / count, mean.double()
        true_mean = zeros_mean * share
        squares = (var.double() + zeros_mean.square()) * share
        var = (squares - true_mean.square()).clamp_min(0).to(precise)
        mean = true_mean.to(precise)
        y = F.batch_norm(x, mean, var, weight.to(precise), bias.to(precise), eps=eps)
        ctx.save_for_backward(x, lengths, weight, mean, var, count.to(precise))
        ctx.eps = eps
        ctx.mark_non_differentiable(mean, var, count)
        return y, mean, var, count

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor, *_: Tensor) -> tuple[Tensor, None, Tensor, Tensor, None]:
        x, lengths, weight, mean, var, count = ctx.saved_tensors
        scale = (var + ctx.eps).rsqrt()
        direct, grad_weight, grad_bias = torch.ops.aten.native_batch_norm_backward(
            Padded(grad, lengths).zeroed().values.contiguous(), x, weight.to(scale.dtype), mean,
            var, mean, scale, False, ctx.eps, [True, True, True],
        )  # fmt: skip
        # What goes through mean and variance is linear in x, channel by channel.
        slope = -weight * scale.square() * grad_weight / count
        level = -weight * scale * grad_bias / count - slope * mean
        zero, one = torch.zeros_like(mean), torch.ones_like(mean)
        direct += F.batch_norm(x, zero, one, slope.to(mean), level.to(mean), eps=1e-38)
        through = Padded(direct, lengths).zeroed().values
        return through, None, grad_weight.to(weight), grad_bias.to(weight), None


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
