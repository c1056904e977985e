"""A stack of convolution blocks: data in YAML, a loop in Python, nothing in between."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from typing_extensions import TypedDict

from asr.layers.block import Activation, ConvBlock, Pooling
from asr.layers.conv import Padding, PaddingMode
from asr.layers.norm import NormKind
from asr.layers.sequential import TimeSequential


class BlockOptions(TypedDict, total=False):
    """What a config may say of one block: the arguments of :class:`ConvBlock`."""

    channels: int
    kernels: Sequence[int]
    stride: int
    padding: Padding
    lookahead: int
    dilation: int
    groups: int
    bias: bool | None
    padding_mode: PaddingMode
    separable: bool
    norm: NormKind
    activation: Activation
    dropout: float
    residual: bool
    pool: Pooling | None


class ConvStack(TimeSequential):
    """Convolution blocks applied one after the other.

    Shape: ``(batch, in_channels, time)`` to ``(batch, out_channels, output_length(time))``.

    Args:
        in_channels: feature bins per frame.
        blocks: options of each block, first to last; each needs at least its channels.
        every: options of every block that does not set its own, which is what a sweep turns.

    Raises:
        ValueError: there are no blocks, or a block refuses its options; the message names it.
    """

    def __init__(
        self,
        in_channels: int,
        blocks: Sequence[BlockOptions],
        every: BlockOptions | None = None,
    ) -> None:
        super().__init__()
        if not blocks:
            raise ValueError("blocks must hold at least one block, got none")
        self.out_channels = in_channels
        for i, block in enumerate(blocks):
            options: Mapping[str, Any] = {**(every or {}), **block}
            missing = [name for name in ("channels", "kernels") if name not in options]
            if missing:
                raise ValueError(
                    f"blocks[{i}] lacks {' and '.join(missing)}; give it there or in every"
                )
            try:
                layer = ConvBlock(self.out_channels, **cast(dict[str, Any], options))
            except ValueError as error:
                raise ValueError(f"blocks[{i}]: {error}") from error
            self.append(layer)
            self.out_channels = layer.out_channels
