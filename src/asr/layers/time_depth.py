"""Time-depth separable convolution (Hannun et al., 2019, https://arxiv.org/abs/1904.02619)."""

from collections.abc import Iterator

from torch import nn

from asr.layers.activation import Activation, Finish
from asr.layers.bands import ScalarNorm, band_by_band
from asr.layers.conv import Padding, TimeConv
from asr.layers.sequential import TimeSequential
from asr.padded import Padded
from asr.span import Length, Part, Span


class BandConv(nn.Module):
    """A convolution over time that all bands share: a two-dimensional one of height 1.

    Shape: ``(batch, in_maps * bands, time)`` to ``(batch, maps * bands, output_length(time))``.
    """

    def __init__(
        self,
        in_maps: int,
        maps: int,
        kernel: int,
        *,
        bands: int,
        stride: int = 1,
        padding: Padding = "same",
    ) -> None:
        super().__init__()
        self.bands = bands
        self.conv = TimeConv(in_maps, maps, kernel, stride=stride, padding=padding)

    @property
    def span(self) -> Span:
        return self.conv.span

    def output_length(self, length: Length) -> Length:
        return self.conv.output_length(length)

    def forward(self, x: Padded) -> Padded:
        return band_by_band(self.conv, x, self.bands)


class TimeDepthBlock(nn.Module):
    """A convolution shared by all bands, then two layers across all of a frame, each residual.

    Shape: ``(batch, maps * bands, time)``, unchanged.

    Args:
        maps: channels of each band.
        kernel: taps over time.
        padding: see :class:`~asr.layers.conv.TimeConv`; it must keep the length.
        hidden: channels between the two layers; those of the block where not given.
        over_time: see :class:`~asr.layers.bands.ScalarNorm`.

    Raises:
        ValueError: the padding changes the length.
    """

    def __init__(
        self,
        maps: int,
        kernel: int,
        *,
        bands: int,
        padding: Padding = "same",
        hidden: int | None = None,
        activation: Activation = "relu",
        dropout: float = 0.0,
        over_time: bool = False,
    ) -> None:
        super().__init__()
        channels = maps * bands
        hidden = channels if hidden is None else hidden
        self.conv = TimeSequential(
            BandConv(maps, maps, kernel, bands=bands, padding=padding),
            Finish(activation, dropout),
        )
        self.across = TimeSequential(
            TimeConv(channels, hidden, 1),
            Finish(activation, dropout),
            TimeConv(hidden, channels, 1),
            Finish("none", dropout),
        )
        self.norms = nn.ModuleList(ScalarNorm(over_time=over_time) for _ in range(2))
        if any(self.conv.output_length(length) != length for length in range(1, 64)):
            raise ValueError(
                f"a residual block needs padding that keeps its length, got {padding!r}"
            )

    @property
    def span(self) -> Span:
        return self.conv.span.then(self._norm_span)

    @property
    def _norm_span(self) -> Span:
        return self.norms[0].span  # type: ignore[return-value]

    def parts(self) -> Iterator[Part]:
        heard = self.conv.span.beside(Span())
        yield Part("conv", self.conv, Span())
        yield Part("norms.0", self.norms[0], heard)
        yield Part("across", self.across, heard.then(self._norm_span))
        yield Part("norms.1", self.norms[1], heard.then(self._norm_span))

    def output_length(self, length: Length) -> Length:
        return length

    def forward(self, x: Padded) -> Padded:
        for layer, norm in zip((self.conv, self.across), self.norms, strict=True):
            x = norm(x._replace(values=x.values + layer(x).values))
        return x
