"""Pooling over time that never looks at padding."""

from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import nn

from asr.padded import Padded, zero_beyond
from asr.span import Length, Span

PoolKind = Literal["max", "average"]


class TimePool(nn.Module):
    """Maximum or mean over windows of frames, as ``nn.MaxPool1d`` and ``nn.AvgPool1d``.

    Frames outside the utterance take no part: they are never the maximum, and a mean is over
    the frames that are there (``count_include_pad=False``).

    Shape: ``(batch, channels, time)`` to ``(batch, channels, output_length(time))``.

    Args:
        kernel: frames in a window.
        stride: frames between windows; the kernel where not given.
        padding: frames of nothing on both sides, at most half the kernel.
        ceil_mode: whether a last window that is only partly filled counts, so that no frame
            is dropped and, at the usual stride, even one frame gives one.

    Raises:
        ValueError: a number is out of range.
    """

    def __init__(
        self,
        kind: PoolKind,
        kernel: int,
        *,
        stride: int | None = None,
        padding: int = 0,
        ceil_mode: bool = True,
    ) -> None:
        super().__init__()
        stride = kernel if stride is None else stride
        if kind not in ("max", "average"):
            raise ValueError(f"pooling must be 'max' or 'average', got {kind!r}")
        if kernel < 1 or stride < 1:
            raise ValueError(
                f"pooling needs a kernel and a stride of at least 1, got {kernel} and {stride}"
            )
        if not 0 <= 2 * padding <= kernel:
            raise ValueError(
                f"pooling padding must be 0 to half the kernel {kernel}, got {padding}"
            )
        self.kind, self.kernel, self.stride = kind, kernel, stride
        self.padding, self.ceil_mode = padding, ceil_mode

    @property
    def span(self) -> Span:
        return Span(self.padding, self.kernel - 1 - self.padding, self.stride)

    def output_length(self, length: Length) -> Length:
        room = length + 2 * self.padding - self.kernel
        if not self.ceil_mode:
            frames = room // self.stride + 1
        else:
            frames = -(-room // self.stride) + 1
            # A window must begin inside the utterance or before it, never after its end.
            frames = frames - ((frames - 1) * self.stride >= length + self.padding) * 1
        if isinstance(frames, torch.Tensor):
            return frames.clamp_min(0).where(length > 0, 0)
        return max(frames, 0) if length > 0 else 0

    def forward(self, x: Padded) -> Padded:
        lengths = self.output_length(x.lengths)
        if self.kind == "max":
            pooled = F.max_pool1d(
                never_largest(x), self.kernel, self.stride, self.padding, ceil_mode=self.ceil_mode
            )
            return Padded(pooled, lengths).zeroed()
        count = self._mean(x.mask[:, None].float()).clamp_min(1e-6)
        pooled = self._mean(x.zeroed().values.float()) / count
        return Padded(pooled.to(x.values.dtype), lengths)

    def _mean(self, values: torch.Tensor) -> torch.Tensor:
        # Zeros stand for what is not there; dividing by the mean of the mask takes them out.
        return F.avg_pool1d(
            values, self.kernel, self.stride, self.padding, ceil_mode=self.ceil_mode
        )


def never_largest(x: Padded) -> torch.Tensor:
    """The values, with padding that no maximum over a window with a frame in it is.

    What is pooled of windows without a frame has no meaning; set it to zero, and its gradient.
    """
    if x.values.requires_grad:
        return _Lowest.apply(x.values, x.lengths)
    return zero_beyond(x.values, x.lengths, torch.finfo(x.values.dtype).min)


class _Lowest(torch.autograd.Function):
    """The lowest number as padding; there is no gradient of it, as it is nobody's maximum."""

    @staticmethod
    def forward(ctx: Any, values: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        return zero_beyond(values, lengths, torch.finfo(values.dtype).min)  # others may hold them

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, None]:
        return grad, None
