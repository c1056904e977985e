"""What everything that changes time answers for: output lengths, and what an output frame hears."""

from collections.abc import Iterable, Iterator
from math import isinf
from typing import NamedTuple, Protocol, TypeVar, cast, runtime_checkable

from torch import Tensor, nn

from asr.padded import Padded

Length = TypeVar("Length", int, Tensor)


class Span(NamedTuple):
    """The input frames that one output frame depends on.

    Output frame ``t`` hears input frames ``t * stride - left`` to ``t * stride + right``.

    >>> Span(left=1, right=1).then(Span(left=3, right=3, stride=2))
    Span(left=4, right=4, stride=2, whole=False, middle=0)

    Attributes:
        left: frames before, infinite where there is no limit.
        right: frames after, the look-ahead.
        stride: input frames from one output frame to the next.
        whole: whether it depends, besides, on all of the utterance, by a mean or by statistics
            over time; ``left`` and ``right`` leave that out.
        middle: the ``centre``, where ``left`` or ``right`` is infinite and cannot tell it.
    """

    left: float = 0
    right: float = 0
    stride: int = 1
    whole: bool = False
    middle: float = 0

    @property
    def centre(self) -> float:
        """Input frames from ``t * stride`` to the middle of what output frame ``t`` hears.

        >>> Span(left=6, right=2).centre
        -2.0
        """
        return self.middle if isinf(self.receptive_field) else (self.right - self.left) / 2

    @property
    def receptive_field(self) -> float:
        """Input frames heard by one output frame."""
        return self.left + 1 + self.right

    def then(self, after: "Span") -> "Span":
        """The span of two layers in a row."""
        left, right = self.left + self.stride * after.left, self.right + self.stride * after.right
        middle = self.centre + self.stride * after.centre if isinf(left + right) else 0
        whole = self.whole or after.whole
        return Span(left, right, self.stride * after.stride, whole, middle)

    def beside(self, other: "Span") -> "Span":
        """The span of two layers whose outputs are added."""
        left, right = max(self.left, other.left), max(self.right, other.right)
        endless = self if isinf(self.receptive_field) else other
        middle = endless.centre if isinf(left + right) else 0
        return Span(left, right, self.stride, self.whole or other.whole, middle)


@runtime_checkable
class TimeLayer(Protocol):
    """A layer over sequences that answers for what it does to time."""

    @property
    def span(self) -> Span:
        """What one output frame depends on."""

    def output_length(self, length: Length) -> Length:
        """Frames that come out for ``length`` frames in; takes an int or a tensor of them."""

    def __call__(self, x: Padded, /) -> Padded: ...


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
