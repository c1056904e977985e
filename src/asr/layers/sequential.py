"""Layers over time in a row, and layers that treat every frame by itself."""

from collections.abc import Iterator
from typing import cast

from torch import nn

from asr.padded import Padded
from asr.span import Length, Part, Span, TimeLayer, fold


class TimeSequential(nn.Sequential):
    """Time layers in order; lengths and spans go through the same layers as the values do."""

    @property
    def span(self) -> Span:
        return fold(self)

    def parts(self) -> Iterator[Part]:
        before = Span()
        for name, layer in self.named_children():
            yield Part(name, layer, before)
            before = before.then(cast(TimeLayer, layer).span)

    def output_length(self, length: Length) -> Length:
        for layer in self:
            length = cast(TimeLayer, layer).output_length(length)
        return length


class Pointwise(nn.Module):
    """A layer that treats every frame by itself, such as an activation or dropout."""

    span = Span()

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def output_length(self, length: Length) -> Length:
        return length

    def forward(self, x: Padded) -> Padded:
        return x._replace(values=self.layer(x.values))
