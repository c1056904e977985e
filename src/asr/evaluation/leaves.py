"""The layers of a network that are not made of others, from the waveform on."""

from collections.abc import Iterator
from typing import NamedTuple, cast

from torch import nn

from asr.models.acoustic import AcousticModel
from asr.span import Composite, Span, TimeLayer


class Leaf(NamedTuple):
    """A layer that is not made of others.

    Attributes:
        name: where in the network it is.
        before: what one of its input frames hears, in samples of the waveform.
    """

    name: str
    layer: nn.Module
    before: Span

    @property
    def span(self) -> Span:
        """Its own span, in its input frames."""
        return cast(TimeLayer, self.layer).span

    @property
    def heard(self) -> Span:
        """What one of its output frames hears, in samples of the waveform."""
        return self.before.then(self.span)


def leaves(model: AcousticModel) -> Iterator[Leaf]:
    """The leaves of features, encoder and head, in the order in which values go through them."""
    features = model.features.span
    yield Leaf("features", cast(nn.Module, model.features), Span())
    yield from _within("encoder", cast(nn.Module, model.encoder), features)
    yield from _within("head", model.head, features.then(model.encoder.span))


def _within(name: str, layer: nn.Module, before: Span) -> Iterator[Leaf]:
    if isinstance(layer, Composite):
        for part in layer.parts():
            yield from _within(f"{name}.{part.name}", part.layer, before.then(part.before))
    else:
        yield Leaf(name, layer, before)
