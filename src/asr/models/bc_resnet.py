"""BC-ResNet: broadcasted residuals, the one two-dimensional guest among the models.

Kim et al., 2021, https://arxiv.org/abs/2106.04140. Convolutions over bands are two-dimensional;
those over time see the mean of the bands, and what they find is given back to all bands.
"""

from torch import nn

from asr.layers.conv import TimeConv
from asr.layers.grid import GridConv, GridNorm, GridSequential
from asr.layers.heads import HeadOptions
from asr.layers.sequential import Pointwise, TimeSequential
from asr.layers.unit import ConvUnit
from asr.padded import Padded
from asr.span import Length, Span

_SUB_BANDS = 5


class BroadcastBlock(nn.Module):
    """Figure 2 of the paper: a residual over bands, and one over time that all bands share.

    Shape: ``(batch, in_maps, bands, time)`` to ``(batch, maps, out_bands, time)``.

    Args:
        dilation: of the convolution over time.
        dropout: probability of zeroing a map of what is given back to all bands.
    """

    def __init__(
        self,
        in_maps: int,
        maps: int,
        *,
        bands: int,
        band_stride: int,
        dilation: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.transition = in_maps != maps
        self.over_bands = TimeSequential()
        if self.transition:
            self.over_bands.append(GridConv(in_maps, maps, (1, 1), bands=bands))
            self.over_bands.append(GridNorm(maps, bands))
            self.over_bands.append(Pointwise(nn.ReLU()))
        conv = GridConv(
            maps, maps, (3, 1), bands=bands, band_stride=band_stride, band_padding=1, groups=maps
        )
        self.out_bands = conv.out_bands
        self.over_bands.append(conv)
        self.over_bands.append(GridNorm(maps, self.out_bands, _SUB_BANDS))
        self.over_time = TimeSequential(
            ConvUnit(maps, maps, 3, dilation=dilation, groups=maps, bias=False, activation="silu"),
            TimeConv(maps, maps, 1, bias=False),
            Pointwise(nn.Dropout1d(dropout)),
        )

    @property
    def span(self) -> Span:
        return self.over_time.span

    def output_length(self, length: Length) -> Length:
        return length

    def forward(self, x: Padded) -> Padded:
        grid = self.over_bands(x).values
        shared = self.over_time(Padded(grid.mean(dim=2), x.lengths)).values
        values = grid + shared[:, :, None]
        if not self.transition:
            values = values + x.values
        return x._replace(values=values.relu())


class BCResNet(GridSequential):
    """Broadcasted residual learning over 40 bands.

    Shape: ``(batch, in_channels, time)`` to ``(batch, 4 * width, time)``.

    Args:
        in_channels: bands of the features; with three halvings, sub-bands of 5 need 40, or a
            multiple of it.
        width: maps of the narrowest stage: 8 for BC-ResNet-1, 64 for BC-ResNet-8.
        dropout: see :class:`BroadcastBlock`.

    Raises:
        ValueError: the bands cannot be shared out, or the width is too small.
    """

    head_options = HeadOptions()

    def __init__(self, in_channels: int, width: int = 8, *, dropout: float = 0.1) -> None:
        super().__init__()
        if in_channels % 40 or width < 2 or width % 2:
            raise ValueError(
                "needs a multiple of 40 feature bins and an even width, "
                f"got {in_channels} and {width}"
            )
        maps, bands = 2 * width, in_channels // 2
        stem = GridConv(1, maps, (5, 5), bands=in_channels, band_stride=2, band_padding=2)
        self.extend([stem, GridNorm(maps, bands), Pointwise(nn.ReLU())])
        stages = ((2, width, 1), (2, width * 3 // 2, 2), (4, 2 * width, 2), (4, width * 5 // 2, 1))
        for number, (blocks, wide, stride) in enumerate(stages):
            for first in (True, *[False] * (blocks - 1)):
                block = BroadcastBlock(
                    maps,
                    wide,
                    bands=bands,
                    band_stride=stride if first else 1,
                    dilation=2**number,
                    dropout=dropout,
                )
                self.append(block)
                maps, bands = wide, block.out_bands
        self.out_channels = 4 * width
        self.append(GridConv(maps, maps, (5, 5), bands=bands, groups=maps))
        bands -= 4
        self.append(GridConv(maps, self.out_channels, (1, 1), bands=bands))
        self.extend([GridNorm(self.out_channels, bands), Pointwise(nn.ReLU())])
        self.out_channels *= bands
