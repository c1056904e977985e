"""Two-dimensional blocks over bands and time, then a stack of one-dimensional ones over time."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from torch import nn
from typing_extensions import Required, TypedDict  # pydantic needs it before Python 3.12

from asr.layers.activation import Activation, Finish
from asr.layers.grid import GridConv, GridNorm, GridPool, GridSequential
from asr.layers.heads import HeadOptions
from asr.layers.pool import PoolKind
from asr.layers.sequential import TimeSequential
from asr.models.conv_stack import BlockOptions, ConvStack
from asr.padded import Padded
from asr.span import Length, Part, Span


class GridPooling(TypedDict, total=False):
    """What a config says of pooling: the arguments of :class:`~asr.layers.grid.GridPool`."""

    kind: Required[PoolKind]
    bands: Required[int]
    frames: Required[int]


class GridBlockOptions(TypedDict, total=False):
    """What a config may say of one two-dimensional block; see :class:`GridBlock`."""

    maps: int
    kernels: Sequence[Sequence[int]]
    band_stride: int
    activation: Activation
    dropout: float
    residual: bool
    pool: GridPooling | None
    repeat: int


class GridBlock(nn.Module):
    """Convolutions over bands and time in a row, an optional shortcut around them, then pooling.

    As the residual blocks of He et al., 2016 (https://arxiv.org/abs/1512.03385): each convolution
    is followed by batch normalisation, the activation of the last one comes after the shortcut,
    which is a kernel-1 convolution where maps or bands change.

    Shape: ``(batch, in_maps, bands, time)`` to ``(batch, maps, out_bands, output_length(time))``.

    Args:
        kernels: taps over bands and over time of each convolution, both odd.
        band_stride: of the first convolution, over bands.
        dropout: after the last activation.
        pool: arguments of :class:`~asr.layers.grid.GridPool`, or ``None`` for no pooling.

    Raises:
        ValueError: there are no kernels, or a value is out of range.
    """

    def __init__(
        self,
        in_maps: int,
        *,
        bands: int,
        maps: int,
        kernels: Sequence[Sequence[int]] = ((3, 3), (3, 3)),
        band_stride: int = 1,
        activation: Activation = "relu",
        dropout: float = 0.0,
        residual: bool = True,
        pool: GridPooling | None = None,
    ) -> None:
        super().__init__()
        if not kernels or any(len(kernel) != 2 or kernel[0] % 2 == 0 for kernel in kernels):
            raise ValueError(
                "kernels must be pairs of odd numbers, of bands and frames, got "
                f"{[list(kernel) for kernel in kernels]}"
            )
        if activation == "glu":
            raise ValueError("activation 'glu' halves the maps; choose another")
        if maps < 1 or band_stride < 1:
            raise ValueError(f"maps and band_stride must be at least 1, got {maps}, {band_stride}")
        self.units = TimeSequential()
        self.shortcut: TimeSequential | None = None
        out_bands = -(-bands // band_stride)
        if residual:
            self.shortcut = TimeSequential()
            if (in_maps, bands) != (maps, out_bands):
                point = GridConv(in_maps, maps, (1, 1), bands=bands, band_stride=band_stride)
                self.shortcut.extend([point, GridNorm(maps, out_bands)])
        for i, (over_bands, over_time) in enumerate(kernels):
            conv = GridConv(
                in_maps if i == 0 else maps,
                maps,
                (over_bands, over_time),
                bands=bands if i == 0 else out_bands,
                band_stride=band_stride if i == 0 else 1,
                band_padding=over_bands // 2,
            )
            self.units.extend([conv, GridNorm(maps, out_bands)])
            if i < len(kernels) - 1:
                self.units.append(Finish(activation, 0.0))
        self.finish = Finish(activation, dropout)
        self.pool = GridPool(**pool) if pool else None
        self.out_maps = maps
        self.out_bands = self.pool.out_bands(out_bands) if self.pool else out_bands

    @property
    def span(self) -> Span:
        return self.units.span.then(self.pool.span) if self.pool else self.units.span

    def parts(self) -> Iterator[Part]:
        yield Part("units", self.units, Span())
        if self.shortcut is not None:
            yield Part("shortcut", self.shortcut, Span())
        yield Part("finish", self.finish, self.units.span)
        if self.pool:
            yield Part("pool", self.pool, self.units.span)

    def output_length(self, length: Length) -> Length:
        return self.pool.output_length(length) if self.pool else length

    def forward(self, x: Padded) -> Padded:
        y: Padded = self.units(x)
        if self.shortcut is not None:
            y = y._replace(values=y.values + self.shortcut(x).values)
        y = self.finish(y)
        return self.pool(y) if self.pool else y


class GridStack(TimeSequential):
    """Blocks over bands and time, whose maps become the channels of a :class:`ConvStack`.

    A kernel over bands finds the same shape at another height, as of another voice; one over all
    of them, which a one-dimensional convolution has, learns each height apart.

    Shape: ``(batch, in_channels, time)`` to ``(batch, out_channels, output_length(time))``.

    Args:
        in_channels: feature bins per frame.
        grid: options of each two-dimensional block, first to last, see :class:`GridBlock`; each
            needs at least its maps. ``repeat`` puts a block so many times in a row.
        every_grid: options of every two-dimensional block that does not set its own.
        blocks: options of each block after them, if any; this and what follows as in
            :class:`~asr.models.conv_stack.ConvStack`.

    Raises:
        ValueError: there are no two-dimensional blocks, a block refuses its options, which the
            message names, or ``stochastic_depth`` finds no block.
    """

    def __init__(
        self,
        in_channels: int,
        grid: Sequence[GridBlockOptions],
        blocks: Sequence[BlockOptions] = (),
        every_grid: GridBlockOptions | None = None,
        every: BlockOptions | None = None,
        head: HeadOptions | None = None,
        stochastic_depth: float = 0.0,
    ) -> None:
        if not grid:
            raise ValueError("grid must hold at least one block, got none")
        front = GridSequential()
        maps, bands = 1, in_channels
        for i, block in enumerate(grid):
            options = cast(dict[str, Any], {**(every_grid or {}), **block})
            repeat = options.pop("repeat", 1)
            if repeat < 1 or "maps" not in options:
                raise ValueError(f"grid[{i}] needs maps, and a repeat of at least 1, got {options}")
            for _ in range(repeat):
                layer = _block(i, maps, bands, options)
                front.append(layer)
                maps, bands = layer.out_maps, layer.out_bands
        super().__init__(front)
        self.head_options, self.out_channels = head or HeadOptions(), maps * bands
        if stochastic_depth and not blocks:
            raise ValueError("stochastic_depth is of one-dimensional blocks, and there are none")
        if blocks:
            stack = ConvStack(self.out_channels, blocks, every, head, stochastic_depth)
            self.extend(stack)
            self.out_channels = stack.out_channels


def _block(number: int, maps: int, bands: int, options: dict[str, Any]) -> GridBlock:
    try:
        return GridBlock(maps, bands=bands, **options)
    except ValueError as error:
        raise ValueError(f"grid[{number}]: {error}") from error
