"""A stack of convolution blocks: data in YAML, a loop in Python, nothing in between."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, cast

from torch import nn
from typing_extensions import TypedDict

from asr.layers.activation import Activation
from asr.layers.block import ConvBlock, Pooling, Residual, SqueezeExcitation
from asr.layers.dense import DenseChain
from asr.layers.heads import HeadOptions
from asr.layers.norm import NormKind
from asr.layers.sequential import TimeSequential
from asr.layers.unit import UnitOptions


class BlockOptions(UnitOptions, TypedDict, total=False):
    """What a config may say of one block: the arguments of :class:`ConvBlock`, and ``repeat``."""

    channels: int
    kernels: Sequence[int]
    repeat: int
    kernel_factor: float
    stride: int
    stride_last: bool
    norm: NormKind
    norm_eps: float
    activation: Activation
    dropout: float
    residual: Residual
    shortcut_activation: Activation
    stochastic_depth: float
    squeeze_excite: SqueezeExcitation | None
    pool: Pooling | None


class ConvStack(TimeSequential):
    """Convolution blocks applied one after the other.

    Shape: ``(batch, in_channels, time)`` to ``(batch, out_channels, output_length(time))``.

    Args:
        in_channels: feature bins per frame.
        blocks: options of each block, first to last; each needs at least its channels and, there
            or in ``every``, its kernels. ``repeat`` puts a block so many times in a row.
        every: options of every block that does not set its own, which is what a sweep turns.
        head: what is particular to the layer that follows the stack.
        stochastic_depth: of the last block with a shortcut; that of the others grows linearly up
            to it from the first, as in Huang et al., 2016, section 3
            (https://arxiv.org/abs/1603.09382); in place of what blocks say themselves.

    Raises:
        ValueError: there are no blocks, a block refuses its options, which the message names, or
            ``stochastic_depth`` is out of range or finds no shortcut, or one that has its own.
    """

    def __init__(
        self,
        in_channels: int,
        blocks: Sequence[BlockOptions],
        every: BlockOptions | None = None,
        head: HeadOptions | None = None,
        stochastic_depth: float = 0.0,
    ) -> None:
        super().__init__()
        if not blocks:
            raise ValueError("blocks must hold at least one block, got none")
        self.head_options = head or HeadOptions()
        made = list(_blocks(in_channels, blocks, every or {}))
        if stochastic_depth:
            _grow(stochastic_depth, [block for _, block in made])
        for dense, group in groupby(made, key=lambda item: item[0]):
            layers: list[nn.Module] = [layer for _, layer in group]
            self.extend([DenseChain(cast(list[ConvBlock], layers))] if dense else layers)
        self.out_channels = made[-1][1].out_channels


def _blocks(
    in_channels: int, blocks: Sequence[BlockOptions], every: BlockOptions
) -> Iterator[tuple[bool, ConvBlock]]:
    """Each block, and whether it is one of a dense chain."""
    earlier: list[int] = []  # channels of the inputs of the dense chain so far
    for i, block in enumerate(blocks):
        options: dict[str, Any] = {**every, **block}
        missing = [name for name in ("channels", "kernels") if name not in options]
        if missing:
            raise ValueError(
                f"blocks[{i}] lacks {' and '.join(missing)}; give it there or in every"
            )
        repeat = options.pop("repeat", 1)
        if repeat < 1:
            raise ValueError(f"blocks[{i}]: repeat must be at least 1, got {repeat}")
        for _ in range(repeat):
            dense = options.get("residual") == "dense"
            layer = _block(i, in_channels, {**options, "earlier": tuple(earlier) if dense else ()})
            earlier = [*earlier, in_channels] if dense else []
            in_channels = layer.out_channels
            yield dense, layer


def _block(number: int, in_channels: int, options: Mapping[str, Any]) -> ConvBlock:
    try:
        return ConvBlock(in_channels, **options)
    except ValueError as error:
        raise ValueError(f"blocks[{number}]: {error}") from error


def _grow(stochastic_depth: float, blocks: Sequence[ConvBlock]) -> None:
    residual = [block for block in blocks if len(block.shortcuts)]
    if not 0 < stochastic_depth < 1 or not residual:
        raise ValueError(
            "stochastic_depth must be 0 up to below 1, of blocks with a shortcut, got "
            f"{stochastic_depth:g} for {len(residual)} of them"
        )
    if any(block.stochastic_depth for block in residual):
        raise ValueError("stochastic_depth is of the whole stack or of its blocks; leave out one")
    for number, block in enumerate(residual, 1):
        block.stochastic_depth = stochastic_depth * number / len(residual)
