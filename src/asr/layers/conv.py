"""One-dimensional convolution over :class:`~asr.padded.Padded` sequences: nn.Conv1d in full."""

from math import inf, isinf
from typing import Literal, get_args

import torch.nn.functional as F
from torch import Tensor, nn

from asr.layers.fast_conv import FastConv1d
from asr.padded import Padded, PaddingMode, extend
from asr.span import Length, Span

_LARGEST_STRIDE = 1024

Padding = int | tuple[int, int] | Literal["same", "valid", "causal"]


class TimeConv(nn.Module):
    """``nn.Conv1d`` that hides batch padding from its kernel and knows its output lengths.

    The edges of an utterance are its own: whatever ``padding_mode`` says happens at its true
    last frame, not at the end of the batch, so an utterance gives the same frames alone and
    in any batch.

    Shape: ``(batch, in_channels, time)`` to ``(batch, out_channels, output_length(time))``.

    Args:
        kernel: taps.
        padding: ``"same"`` keeps frames aligned with their inputs (``ceil(time / stride)``
            frames come out), ``"valid"`` adds nothing, ``"causal"`` puts all of it before the
            first frame, a number adds that many frames on both sides as ``nn.Conv1d`` does, two
            numbers are of the left and of the right.
        lookahead: with ``"causal"``, how many frames after its own an output may hear.
        padding_mode: what the added frames hold; reflections go back and forth when the
            utterance is shorter than the padding, as in ``numpy.pad``.
        weight_norm: learn direction and length of each output channel's weights apart
            (Salimans and Kingma, 2016, https://arxiv.org/abs/1602.07868).

    Raises:
        ValueError: a number is out of range, or the combination has no meaning.
    """

    after_convolution = False  # of which even the padding that comes out is finite numbers

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        *,
        stride: int = 1,
        padding: Padding = "same",
        lookahead: int = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: PaddingMode = "zeros",
        weight_norm: bool = False,
    ) -> None:
        super().__init__()
        _refuse_what_cannot_be(
            in_channels, out_channels, kernel, stride, padding, lookahead, dilation, groups
        )
        _refuse_padding_mode(padding_mode, padding)
        reach = dilation * (kernel - 1)
        self.pads, self._reach = _pads(padding, reach, lookahead), reach
        self.padding_mode = padding_mode
        self._keeps_length = stride == 1 and sum(self.pads) == reach
        # Small symmetric padding is fastest inside the convolution; all other is put on before.
        self._inside = padding_mode == "zeros" and self.pads[0] == self.pads[1]
        self.conv = FastConv1d(
            in_channels,
            out_channels,
            kernel,
            stride=stride,
            padding=self.pads[0] if self._inside else 0,
            dilation=dilation,
            groups=groups,
            bias=bias,
        )
        if weight_norm:
            nn.utils.parametrizations.weight_norm(self.conv)

    @property
    def span(self) -> Span:
        left, stride = self.pads[0], self.conv.stride[0]
        # Frames that a kernel must reach for its edges to hear none from beyond its own window.
        heard = {
            "zeros": 0,
            "reflect": 2 * max(self.pads),  # from an edge as far back as what is added reaches out
            "replicate": sum(self.pads),
            "circular": inf if any(self.pads) else 0,
        }
        if heard[self.padding_mode] > self._reach:
            return Span(inf, inf, stride, middle=(self._reach - 2 * left) / 2)
        return Span(left, self._reach - left, stride)

    @property
    def streaming_obstacle(self) -> str:
        """Why the layer hears the whole utterance; empty where it does not."""
        return f"{self.padding_mode} padding from afar" if isinf(self.span.right) else ""

    def output_length(self, length: Length) -> Length:
        """Frames that come out for ``length`` frames in; 0 where the kernel does not fit."""
        if self._keeps_length:
            return length
        frames = (length + sum(self.pads) - self._reach - 1) // self.conv.stride[0] + 1
        if isinstance(frames, Tensor):
            return frames.clamp_min(0).where(length > 0, 0)
        return max(frames, 0) if length > 0 else 0  # padding alone is not an utterance

    def forward(self, x: Padded) -> Padded:
        if self.after_convolution and self._reach == 0 == sum(self.pads):
            values = x.values  # no frame hears another, so no padding is heard
        elif self._inside:
            values = x.zeroed(once=True).values
        elif self.padding_mode == "zeros":
            values = F.pad(x.zeroed(once=True).values, self.pads)
        else:
            values = extend(x, self.pads, self.padding_mode)
        return Padded(self.conv(values), self.output_length(x.lengths))


def _pads(padding: Padding, reach: int, lookahead: int) -> tuple[int, int]:
    if padding == "same":
        return reach // 2, reach // 2
    if padding == "valid":
        return 0, 0
    if padding == "causal":
        return reach - lookahead, lookahead
    if isinstance(padding, int):
        return padding, padding
    left, right = padding
    return left, right


def _refuse_what_cannot_be(
    in_channels: int,
    out_channels: int,
    kernel: int,
    stride: int,
    padding: Padding,
    lookahead: int,
    dilation: int,
    groups: int,
) -> None:
    numbers = {
        "in_channels": in_channels, "channels": out_channels, "kernel": kernel,
        "stride": stride, "dilation": dilation, "groups": groups,
    }  # fmt: skip
    for name, number in numbers.items():
        if number < 1:
            raise ValueError(f"{name} must be at least 1, got {number}")
    if stride > _LARGEST_STRIDE:
        raise ValueError(f"stride must be at most {_LARGEST_STRIDE} frames, got {stride}")
    if isinstance(padding, str) and padding not in ("same", "valid", "causal"):
        raise ValueError(
            f"padding must be 'same', 'valid', 'causal' or frames on each side, got {padding!r}"
        )
    if not isinstance(padding, str):
        sides = (padding,) if isinstance(padding, int) else tuple(padding)
        if len(sides) > 2 or min(sides) < 0:
            raise ValueError(f"padding must be 0 or more frames, or two of them, got {padding}")
    if in_channels % groups or out_channels % groups:
        raise ValueError(
            f"groups must divide the channels on both sides, got {groups} groups for "
            f"{in_channels} -> {out_channels} channels"
        )
    reach = dilation * (kernel - 1)
    if padding == "same" and reach % 2:
        raise ValueError(
            f"padding 'same' needs an odd kernel to stay centred on a frame, got kernel {kernel} "
            f"with dilation {dilation}; use an odd kernel, 'causal', or a number"
        )
    if lookahead and padding != "causal":
        raise ValueError(f"lookahead goes with padding 'causal', got padding {padding!r}")
    if not 0 <= lookahead <= reach:
        raise ValueError(
            f"lookahead must be 0 to {reach}, the kernel's reach, got {lookahead} frames"
        )


def _refuse_padding_mode(padding_mode: PaddingMode, padding: Padding) -> None:
    if padding_mode not in get_args(PaddingMode):
        raise ValueError(
            f"padding_mode must be one of {get_args(PaddingMode)}, got {padding_mode!r}"
        )
    if padding == "causal" and padding_mode in ("reflect", "circular"):
        raise ValueError(
            f"padding_mode {padding_mode!r} puts later frames before the first, which padding "
            "'causal' must not hear; use 'zeros' or 'replicate'"
        )
