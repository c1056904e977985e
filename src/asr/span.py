"""What everything that changes time answers for: output lengths, and what an output frame hears."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol, TypeVar, cast, runtime_checkable

from torch import Tensor, nn

from asr.padded import Padded

Length = TypeVar("Length", int, Tensor)


class Span(NamedTuple):
    """The input frames that one output frame depends on.

    Output frame ``t`` hears input frames ``t * stride - left`` to ``t * stride + right``.

    >>> Span(left=1, right=1).then(Span(left=3, right=3, stride=2))
    Span(left=4, right=4, stride=2, whole=False)

    Attributes:
        left: frames before, infinite where there is no limit.
        right: frames after, the look-ahead.
        stride: input frames from one output frame to the next.
        whole: whether it depends, besides, on all of the utterance, by a mean or by statistics
            over time; ``left`` and ``right`` leave that out.
    """

    left: float = 0
    right: float = 0
    stride: int = 1
    whole: bool = False

    @property
    def receptive_field(self) -> float:
        """Input frames heard by one output frame."""
        return self.left + 1 + self.right

    def then(self, after: "Span") -> "Span":
        """The span of two layers in a row."""
        return Span(
            self.left + self.stride * after.left,
            self.right + self.stride * after.right,
            self.stride * after.stride,
            self.whole or after.whole,
        )

    def beside(self, other: "Span") -> "Span":
        """The span of two layers whose outputs are added."""
        left, right = max(self.left, other.left), max(self.right, other.right)
        return Span(left, right, self.stride, self.whole or other.whole)


@runtime_checkable
class TimeLayer(Protocol):
    """A layer over sequences that answers for what it does to time."""

    @property
    def span(self) -> Span:
        """What one output frame depends on."""

    def output_length(self, length: Length) -> Length:
        """Frames that come out for ``length`` frames in; takes an int or a tensor of them."""

    def __call__(self, x: Padded) -> Padded: ...


class Part(NamedTuple):
    """A layer within another.

    Attributes:
        name: of the layer within the other.
        before: what one of its input frames hears of the input of the other.
    """

    name: str
    layer: nn.Module
    before: Span


@runtime_checkable
class Composite(Protocol):
    """A layer made of layers, which it can name for a table of them."""

    def parts(self) -> Iterator[Part]:
        """Its layers in the order in which values go through them."""


def fold(layers: Iterable[nn.Module]) -> Span:
    """The span of ``layers`` in a row."""
    span = Span()
    for layer in layers:
        span = span.then(cast(TimeLayer, layer).span)
    return span


def shortest_input(layer: TimeLayer, frames: int = 1) -> int:
    """The least input length for which ``layer`` gives at least ``frames`` frames."""
    high = 1
    while layer.output_length(high) < frames:
        high *= 2
    low = high // 2  # too short, or 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if layer.output_length(middle) >= frames else (middle, high)
    return high
