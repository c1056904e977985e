"""Recordings that lack what is low and what is high."""

from dataclasses import dataclass

import torch
from torch import Tensor

from asr.augment.draw import between, check_probability, happens
from asr.augment.filtering import filtered

_ORDER = 8  # decibels lost an octave beyond an edge are six times this


@dataclass(frozen=True, slots=True)
class Band:
    """Leave a band of frequencies only, between edges drawn at random.

    The edges are those of a Butterworth filter: half the power is left there, and an octave
    further on a sixty-five-thousandth. Edges are drawn uniformly on the octave scale.

    Shape: ``(channels, samples)`` to the same.

    Args:
        low_hz: least and greatest lower edge; ``None`` cuts nothing below.
        high_hz: least and greatest upper edge, of which that above half the sample rate cuts
            nothing; ``None`` cuts nothing above.
        probability: share of the recordings that take part.
    """

    low_hz: tuple[float, float] | None = None
    high_hz: tuple[float, float] | None = (2000.0, 8000.0)
    probability: float = 0.3

    def __post_init__(self) -> None:
        check_probability(self.probability)
        for name, edges in (("low_hz", self.low_hz), ("high_hz", self.high_hz)):
            if edges is not None and not 0 < edges[0] <= edges[1] < float("inf"):
                raise ValueError(
                    f"{name} must be two frequencies above 0, the least first, got {list(edges)}"
                )
        if self.low_hz and self.high_hz and self.low_hz[1] >= self.high_hz[0]:
            raise ValueError(
                f"low_hz must end below high_hz, got {list(self.low_hz)} and {list(self.high_hz)}"
            )

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        if not happens(self.probability, generator):
            return waveform
        low = _edge(self.low_hz, generator)
        high = _edge(self.high_hz, generator)

        def gain(hertz: Tensor) -> Tensor:
            lost = torch.zeros_like(hertz)  # of the power, in parts of what is left
            if low is not None:
                lost = lost + (low / hertz.clamp(min=1e-3)).pow(2 * _ORDER)
            if high is not None and high < sample_rate / 2:
                lost = lost + (hertz / high).pow(2 * _ORDER)
            return (1 + lost).rsqrt()

        return filtered(waveform, sample_rate, gain)


def _edge(edges: tuple[float, float] | None, generator: torch.Generator) -> float | None:
    if edges is None:
        return None
    return edges[0] * (edges[1] / edges[0]) ** between(0, 1, generator)
