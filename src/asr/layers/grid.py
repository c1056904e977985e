"""Two-dimensional layers, over bands and time, on sequences whose channels are maps of bands.

See :mod:`asr.layers.bands` for the order of channels. Time keeps its rules: padding is hidden
from kernels and statistics, and a layer answers for the frames that it hears.
"""

import torch
from torch import nn

from asr.layers.norm import TimeBatchNorm
from asr.padded import Padded
from asr.span import Length, Span


class GridConv(nn.Module):
    """``nn.Conv2d`` over bands and time, which keeps the number of frames.

    Shape: ``(batch, in_maps * bands, time)`` to ``(batch, maps * out_bands, time)``.

    Args:
        kernel: taps over bands and over time; an odd number over time.
        band_stride: bands from one output band to the next.
        band_padding: bands of zeros on both sides.
    """

    def __init__(
        self,
        in_maps: int,
        maps: int,
        kernel: tuple[int, int],
        *,
        bands: int,
        band_stride: int = 1,
        band_padding: int = 0,
        groups: int = 1,
    ) -> None:
        super().__init__()
        self.reach = kernel[1] // 2
        self.bands = bands
        self.out_bands = (bands + 2 * band_padding - kernel[0]) // band_stride + 1
        self.conv = nn.Conv2d(
            in_maps,
            maps,
            kernel,
            stride=(band_stride, 1),
            padding=(band_padding, self.reach),
            groups=groups,
            bias=False,
        )

    @property
    def span(self) -> Span:
        return Span(self.reach, self.reach)

    def output_length(self, length: Length) -> Length:
        return length

    def forward(self, x: Padded) -> Padded:
        grid = torch.unflatten(x.zeroed().values, 1, (-1, self.bands))
        return x._replace(values=self.conv(grid).flatten(1, 2))


class GridNorm(nn.Module):
    """Batch normalisation of each map, or of each map in each of several sub-bands.

    The latter is sub-spectral normalisation (Chang et al., 2021, https://arxiv.org/abs/2103.13620).

    Shape: ``(batch, maps * bands, time)``, unchanged.

    Args:
        sub_bands: groups of neighbouring bands that have statistics, scale and offset of their
            own; it divides the bands.

    Raises:
        ValueError: it does not.
    """

    span = Span()

    def __init__(self, maps: int, bands: int, sub_bands: int = 1) -> None:
        super().__init__()
        if bands % sub_bands:
            raise ValueError(f"{bands} bands cannot be shared out among {sub_bands} sub-bands")
        self.maps, self.sub_bands = maps, sub_bands
        self.norm = TimeBatchNorm(maps * sub_bands)

    def output_length(self, length: Length) -> Length:
        return length

    def forward(self, x: Padded) -> Padded:
        grouped = torch.unflatten(x.values, 1, (self.maps * self.sub_bands, -1)).transpose(1, 2)
        inner = grouped.shape[1]  # bands that share statistics stand beside each other as rows
        rows = Padded(grouped.flatten(0, 1), x.lengths.repeat_interleave(inner))
        y = torch.unflatten(self.norm(rows).values, 0, (-1, inner)).transpose(1, 2)
        return x._replace(values=y.flatten(1, 2))
