"""Dense residual blocks, each of which hears the inputs of all before it."""

from collections.abc import Iterable, Iterator
from typing import cast

from torch import nn

from asr.layers.block import ConvBlock
from asr.padded import Padded
from asr.span import Length, Part, Span


class DenseChain(nn.Module):
    """Blocks in a row whose shortcuts come from the inputs of all blocks so far.

    Jasper Dense Residual, section 2.1 (Li et al., 2019, https://arxiv.org/abs/1904.03288).

    Shape: ``(batch, in_channels, time)`` to ``(batch, out_channels, time)``.

    Args:
        blocks: with residual ``"dense"``, and as many ``earlier`` inputs as blocks before.
    """

    def __init__(self, blocks: Iterable[ConvBlock]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)

    @property
    def span(self) -> Span:
        # What the blocks hear one after the other reaches further than any of their shortcuts.
        span = Span()
        for block in self.blocks:
            span = span.then(cast(ConvBlock, block).span)
        return span

    def parts(self) -> Iterator[Part]:
        before = Span()
        for name, block in self.blocks.named_children():
            yield Part(f"blocks.{name}", block, before)
            before = before.then(cast(ConvBlock, block).span)

    def output_length(self, length: Length) -> Length:
        for block in self.blocks:
            length = cast(ConvBlock, block).output_length(length)
        return length

    def forward(self, x: Padded) -> Padded:
        inputs: list[Padded] = []
        for block in self.blocks:
            y = block(x, inputs)
            inputs.append(x)
            x = y
        return x
