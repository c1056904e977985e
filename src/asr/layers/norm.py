"""Normalisation of channels that padding cannot pollute."""

from typing import Any, Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from asr.padded import Padded, zero_beyond_, zero_computed, zero_gradient
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

    Shape: ``(batch, channels, time)``, or ``(batch, channels, bands, time)`` with the same
    statistics for all bands; unchanged.

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
        if x.values.dim() == 4 and x.values.shape[0] == x.values.shape[2] == 1:
            # Of one row with one band, PyTorch 2.14 may misread the gradient if channels are not
            # last in memory.
            x = x._replace(values=x.values.contiguous(memory_format=torch.channels_last))
        if not self.training or self._is_plain(x):
            values = F.batch_norm(
                _image(x.values), self.running_mean, self.running_var, self.weight, self.bias,
                training=self.training, momentum=self.momentum, eps=self.eps,
            )  # fmt: skip
            # Squeezed, not viewed: of one row, a view's gradient would lie in memory in a way that
            # PyTorch 2.14 gets wrong.
            return x._replace(values=values if x.values.dim() == 4 else values.squeeze(2))
        values, mean, unbiased = _MaskedBatchNorm.apply(
            x.values, x.lengths, self.weight, self.bias, self.eps
        )
        with torch.no_grad():
            self.running_mean.lerp_(mean.to(self.running_mean.dtype), self.momentum)
            self.running_var.lerp_(unbiased.to(self.running_var.dtype), self.momentum)
        return x._replace(values=values)

    def _is_plain(self, x: Padded) -> bool:
        """Whether ``nn.BatchNorm1d`` does the same: nothing is padded, and there is a variance."""
        precise = torch.promote_types(x.values.dtype, torch.float32) == self.running_mean.dtype
        return precise and x.known_full and x.values[:, 0].numel() > 1


class _MaskedBatchNorm(torch.autograd.Function):
    """The kernels of ``nn.BatchNorm2d``, which see zeros as padding, and what mends their sums.

    Images are what they are fast at, whichever axis is last in memory. A network has dozens of
    these layers, so even what is done to a few hundred numbers is a part of each step: on a CPU
    what depends on the lengths alone is a Python number.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, lengths: Tensor, weight: Tensor, bias: Tensor, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        precise = torch.promote_types(x.dtype, torch.float32)
        x = zero_computed(x, lengths)
        frames = _image(x)
        count = _true(lengths) * frames.shape[2]
        total = frames[:, 0].numel()
        excess = _ratio(total - count, count, precise)
        share = excess + 1
        mean, var = _moments(frames)
        # The zeros took part, as so many more values; without them, mean and square are larger.
        var = ((var - mean.square() * excess) * share).clamp_min_(0)
        mean = mean * share
        y = F.batch_norm(frames, mean, var, weight.to(precise), bias.to(precise), eps=eps)
        ctx.save_for_backward(x, lengths, weight, mean, (var + eps).rsqrt_())
        ctx.excess, ctx.eps = excess, eps
        unbiased = var * _ratio(count, _at_least_1(count - 1), precise)
        ctx.mark_non_differentiable(mean, unbiased)
        return y.view_as(x), mean, unbiased

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor, *_: Tensor) -> tuple[Tensor, None, Tensor, Tensor, None]:
        x, lengths, weight, mean, scale = ctx.saved_tensors
        image, dtype, excess = _image(x), weight.dtype, ctx.excess
        weight = weight.to(mean.dtype)
        grad = _image(zero_gradient(grad, lengths))
        # The kernel divides by all frames, among them padding. In the term of the variance a
        # larger scale makes up for it, and a smaller weight for the scale ...
        more = (excess + 1) ** 0.5
        total, grad_weight, grad_bias = _gradients(
            grad, image, weight / more, mean, scale * more, ctx.eps
        )
        # ... and in that of the mean, what is missing is the same for all frames of a channel.
        missing = weight * scale * grad_bias * (-excess / image[:, 0].numel())
        _add_to_channels(total, missing.to(total.dtype))
        total = zero_beyond_(total.view_as(x), lengths)
        return total, None, (grad_weight / more).to(dtype), grad_bias.to(dtype), None


def _add_to_channels(image: Tensor, amount: Tensor) -> None:
    """Add ``(channels,)`` in place to all of each channel of ``(batch, channels, bands, time)``."""
    last, bands = image.movedim(1, -1), image.shape[2]
    if bands > 1 and image.device.type == "cpu" and last.is_contiguous():
        # PyTorch adds row by row, and rows of few channels take it up to 14 times as long as these,
        # of as many positions as there are bands, a number that divides them all.
        last.view(-1, bands * amount.numel()).add_(amount.repeat(bands))
    else:
        image.add_(amount[:, None, None])


def _gradients(
    grad: Tensor, x: Tensor, weight: Tensor, mean: Tensor, scale: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Those of input, weight and bias, by the kernel of ``nn.BatchNorm2d``."""
    return torch.ops.aten.native_batch_norm_backward(
        grad, x, weight, None, None, mean, scale, True, eps, [True, True, True]
    )


def _true(lengths: Tensor) -> float | Tensor:
    """How many frames there are without padding, at least 1; on a device, there."""
    if lengths.device.type == "cpu" and not torch.compiler.is_compiling():
        return float(max(sum(lengths.tolist()), 1))
    return lengths.sum().clamp_min(1)


def _ratio(part: float | Tensor, whole: float | Tensor, precise: torch.dtype) -> float | Tensor:
    """Of counts; on a device in ``precise``, for not every one has double precision."""
    return part.to(precise) / whole if isinstance(part, Tensor) else part / whole


def _at_least_1(count: float | Tensor) -> float | Tensor:
    return count.clamp_min(1) if isinstance(count, Tensor) else max(count, 1.0)


def _image(x: Tensor) -> Tensor:
    """``(batch, channels, bands, time)``, of one band where there are none; a view."""
    return x if x.dim() == 4 else x.unsqueeze(2)


def _moments(frames: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and biased variance of each channel, summed in at least single precision."""
    if frames.device.type == "cpu":
        # The precision of the sums is that of the running statistics that it is given.
        precise = torch.promote_types(frames.dtype, torch.float32)
        unused = [frames.new_zeros(frames.shape[1], dtype=precise) for _ in range(2)]
        mean, var = torch.ops.aten.batch_norm_update_stats(frames, *unused, 0.0)
        return mean, var
    var, mean = torch.var_mean(frames.float(), dim=(0, 2, 3), correction=0)
    return mean, var


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
