"""Two-dimensional layers, over bands and time.

Inside :class:`GridSequential` a batch of sequences is ``(batch, maps, bands, time)``, which begins
with one map of as many bands as there are channels. Time keeps its rules: padding is hidden from
kernels, pooling and statistics, and a layer answers for the frames that it hears.
"""

from typing import cast

import torch
import torch.nn.functional as F
from torch import nn

from asr.layers.norm import TimeBatchNorm
from asr.layers.pool import PoolKind, TimePool, never_largest
from asr.layers.sequential import TimeSequential
from asr.padded import Padded
from asr.span import Length, Span


class GridSequential(TimeSequential):
    """Layers over bands and time in a row; sequences come and go as channels.

    Channel ``map * bands + band`` goes out for each band of each map.

    Shape: ``(batch, bands, time)`` to ``(batch, maps * new_bands, output_length(time))``.
    """

    def forward(self, x: Padded) -> Padded:
        grid = x.values.unsqueeze(1)
        if grid.dtype == torch.bfloat16 or torch.is_autocast_enabled(grid.device.type):
            # Dense kernels in half precision are faster with maps last in memory. Copied, as one
            # map alone would count as both.
            grid = torch.empty_like(grid, memory_format=torch.channels_last).copy_(grid)
        y = cast(Padded, super().forward(x._replace(values=grid)))  # type: ignore[no-untyped-call]
        return y._replace(values=y.values.flatten(1, 2))


class GridConv(nn.Module):
    """``nn.Conv2d`` over bands and time, which keeps the number of frames.

    Shape: ``(batch, in_maps, bands, time)`` to ``(batch, maps, out_bands, time)``.

    Args:
        kernel: taps over bands and over time; an odd number over time.
        band_stride: bands from one output band to the next.
        band_padding: bands of zeros on both sides.

    Raises:
        ValueError: the kernel is even over time, or no band is left.
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
        if min(kernel) < 1 or kernel[1] % 2 == 0:
            raise ValueError(f"a kernel needs an odd number of taps over time, got {list(kernel)}")
        self.reach = kernel[1] // 2
        self.out_bands = (bands + 2 * band_padding - kernel[0]) // band_stride + 1
        if self.out_bands < 1:
            raise ValueError(f"a kernel over {kernel[0]} bands needs as many, got {bands}")
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
        values = x.zeroed(once=True).values
        if self.conv.groups > 1:  # in channels last, oneDNN 3.12 never ends for some of these
            values = values.contiguous()
        return x._replace(values=self.conv(values))


class GridNorm(nn.Module):
    """Batch normalisation of each map, or of each map in each of several sub-bands.

    The latter is sub-spectral normalisation (Chang et al., 2021, https://arxiv.org/abs/2103.13620).

    Shape: ``(batch, maps, bands, time)``, unchanged.

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
        self.sub_bands = sub_bands
        self.norm = TimeBatchNorm(maps * sub_bands)

    def output_length(self, length: Length) -> Length:
        return length

    def forward(self, x: Padded) -> Padded:
        if self.sub_bands == 1:
            return cast(Padded, self.norm(x))
        grouped = torch.unflatten(x.values, 2, (self.sub_bands, -1)).flatten(1, 2)
        y = self.norm(x._replace(values=grouped)).values
        return x._replace(values=y.reshape(x.values.shape))


class GridPool(nn.Module):
    """Maximum or mean over windows of bands and frames, which do not overlap.

    Bands and frames that are not there take no part; a last window may be partly filled.

    Shape: ``(batch, maps, bands, time)`` to ``(batch, maps, out_bands, output_length(time))``.

    Args:
        bands: bands in a window.
        frames: frames in a window.
    """

    def __init__(self, kind: PoolKind, bands: int, frames: int) -> None:
        super().__init__()
        self.over_time = TimePool(kind, frames)
        if bands < 1:
            raise ValueError(f"pooling needs a window of at least 1 band, got {bands}")
        self.kind, self.window = kind, (bands, frames)

    @property
    def span(self) -> Span:
        return self.over_time.span

    def output_length(self, length: Length) -> Length:
        return self.over_time.output_length(length)

    def out_bands(self, bands: int) -> int:
        return -(-bands // self.window[0])

    def forward(self, x: Padded) -> Padded:
        lengths = self.output_length(x.lengths)
        if self.kind == "max":
            pooled = F.max_pool2d(never_largest(x), self.window, ceil_mode=True)
            return Padded(pooled, lengths).zeroed()
        total = F.avg_pool2d(x.zeroed().values.float(), self.window, ceil_mode=True)
        share = F.avg_pool2d(x.mask[:, None, None].float(), (1, self.window[1]), ceil_mode=True)
        return Padded((total / share.clamp_min(1e-6)).to(x.values.dtype), lengths)
