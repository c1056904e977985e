"""Depthwise convolution over time whose gradients cost about as much as itself on a CPU."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

_SHORT = 3  # the weight gradient of kernels up to this length is oneDNN's own, which is faster


def depthwise(
    x: Tensor, weight: Tensor, bias: Tensor | None, padding: int, dilation: int
) -> Tensor:
    """``F.conv1d`` with stride 1 and as many groups as channels, equal to it within rounding.

    oneDNN's gradient of a long depthwise kernel takes many times what the convolution takes, and
    its dilated kernels are slow both ways. Here the kernel's gradient is a convolution of the
    input with the output's gradient, each utterance's channels being groups; dilated kernels
    run over the phases of the dilation, which are plain convolutions.

    Shape: ``(batch, channels, time)``, channels last in memory; weight ``(channels, 1, kernel)``.
    """
    if torch.is_autocast_enabled(x.device.type):
        dtype = torch.get_autocast_dtype(x.device.type)
        x, weight = x.to(dtype), weight.to(dtype)
        bias = None if bias is None else bias.to(dtype)
    short = weight.shape[-1] <= _SHORT and dilation == 1
    if short or not torch.is_grad_enabled():
        return _convolved(x, weight, bias, padding, dilation)
    y: Tensor = _Depthwise.apply(x, weight, bias, padding, dilation)
    return y


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, padding: int, dilation: int
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.padding, ctx.dilation = padding, dilation
        return _convolved(x, weight, bias, padding, dilation)

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, grad: Tensor
    ) -> tuple[Tensor | None, Tensor | None, Tensor | None, None, None]:
        x, weight = ctx.saved_tensors
        padding, dilation = ctx.padding, ctx.dilation
        to_x, to_weight, to_bias, *_ = ctx.needs_input_grad
        return (
            _input_gradient(grad, weight, padding, dilation) if to_x else None,
            _weight_gradient(grad, x, weight.shape[-1], padding, dilation) if to_weight else None,
            grad.sum((0, 2)) if to_bias else None,
            None,
            None,
        )


def _convolved(
    x: Tensor, weight: Tensor, bias: Tensor | None, padding: int, dilation: int
) -> Tensor:
    if dilation > 1:
        return _over_phases(x, weight, bias, padding, dilation)
    channels = x.shape[1]
    kernel = weight.unsqueeze(2)
    return F.conv2d(x.unsqueeze(2), kernel, bias, 1, (0, padding), 1, channels).squeeze(2)


def _input_gradient(grad: Tensor, weight: Tensor, padding: int, dilation: int) -> Tensor:
    """A convolution of the gradient with the kernel from its end to its beginning."""
    beyond = dilation * (weight.shape[-1] - 1) - padding
    if beyond < 0:  # more padding than the kernel reaches: its frames are of the padding alone
        grad, beyond = grad[..., -beyond:beyond], 0
    return _convolved(channels_last(grad), weight.flip(-1), None, beyond, dilation)


def _weight_gradient(grad: Tensor, x: Tensor, kernel: int, padding: int, dilation: int) -> Tensor:
    """A convolution of the input with the output's gradient, ``(channels, 1, kernel)``.

    Each channel of each utterance is a group of its own; the sum over utterances is in float32.
    """
    batch, channels, time = x.shape
    groups = batch * channels
    image = x.permute(2, 0, 1).reshape(1, 1, time, groups).permute(0, 3, 1, 2)
    each = F.conv2d(
        image, grad.reshape(groups, 1, 1, -1), None, (1, dilation), (0, padding), 1, groups
    )
    total = each.view(batch, channels, 1, -1).sum(0, dtype=torch.float32)
    return total[..., :kernel].to(x.dtype)


def _over_phases(
    x: Tensor, weight: Tensor, bias: Tensor | None, padding: int, dilation: int
) -> Tensor:
    """A dilated depthwise convolution as a plain one over every ``dilation``-th frame.

    Seen as an image of ``time / dilation`` rows and ``dilation`` columns, each column is a
    phase, and the kernel goes down the columns.
    """
    batch, channels, time = x.shape
    reach = dilation * (weight.shape[-1] - 1)
    frames = time + 2 * padding - reach
    rest = -(time + 2 * padding) % dilation
    rows = F.pad(x.transpose(1, 2), (0, 0, padding, padding + rest))  # (batch, time, channels)
    image = rows.reshape(batch, -1, dilation, channels).permute(0, 3, 1, 2)
    y = F.conv2d(image, weight.unsqueeze(3), bias, groups=channels)
    return y.permute(0, 2, 3, 1).reshape(batch, -1, channels)[:, :frames].transpose(1, 2)


def channels_last(x: Tensor) -> Tensor:
    """The same ``(batch, channels, time)``, with the channels of a frame side by side in memory."""
    return x.transpose(1, 2).contiguous().transpose(1, 2)
