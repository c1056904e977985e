"""Recordings as by another microphone."""

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from asr.augment.draw import between, check_probability, happens
from asr.augment.filtering import filtered, loudness

_LOWEST = 60.0  # hertz, of the first point
_OCTAVES_PER_DB = math.log2(10) / 20  # of amplitude, so powers of two


@dataclass(frozen=True, slots=True)
class Equalizer:
    """Give the recording a smooth frequency response drawn at random, and its loudness back.

    Speakers of a corpus are often recorded each with a microphone of their own; a model takes
    the one for the other unless it hears many. The response is drawn in decibels at points one
    octave apart (or as many as said) and runs smoothly between them; a tilt is added to it.
    Features that are normalised over each utterance take most of it away again, and need this
    the less.

    Shape: ``(channels, samples)`` to the same.

    Args:
        most_db: each point is drawn uniformly from minus to plus this.
        tilt_db: per octave, drawn uniformly from minus to plus this: darker or brighter sound.
        octave_points: points in each octave.
        probability: share of the recordings that take part.
    """

    most_db: float = 6.0
    tilt_db: float = 1.5
    octave_points: float = 1.0
    probability: float = 0.8

    def __post_init__(self) -> None:
        check_probability(self.probability)
        if not (0 <= self.most_db <= 60 and 0 <= self.tilt_db <= 12):
            raise ValueError(
                "expected most_db of 0 to 60 and tilt_db of 0 to 12, got "
                f"{self.most_db} and {self.tilt_db}"
            )
        if not 0.1 <= self.octave_points <= 6:
            raise ValueError(f"octave_points must be 0.1 to 6, got {self.octave_points}")

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        if not happens(self.probability, generator):
            return waveform
        octaves = math.log2(sample_rate / 2 / _LOWEST)
        count = 2 + int(octaves * self.octave_points)
        points = (2 * torch.rand(count, generator=generator) - 1) * self.most_db
        tilt = between(-self.tilt_db, self.tilt_db, generator)

        def gain(hertz: Tensor) -> Tensor:
            octave, left, way = _places(len(hertz), sample_rate, self.octave_points, count)
            # Three times as fast as points[left].
            before, after = points.index_select(0, left), points[1:].index_select(0, left)
            curve = torch.lerp(before, after, way)
            return torch.exp2((curve + tilt * octave) * _OCTAVES_PER_DB)

        changed = filtered(waveform, sample_rate, gain)
        return changed * (loudness(waveform) / loudness(changed).clamp(min=1e-12))


@lru_cache(maxsize=64)
def _places(
    frequencies: int, sample_rate: int, octave_points: float, count: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Where the frequencies of a transform are among ``count`` points, kept for the next clip.

    Returns:
        For each frequency from 0 to half the sample rate its octave above the lowest point, the
        point before it, and how far it is on its way to the next, so that the curve through the
        points is level at each of them.
    """
    hertz = torch.linspace(0, sample_rate / 2, frequencies)
    octave = (hertz.clamp(min=_LOWEST) / _LOWEST).log2()
    position = octave * octave_points
    left = position.long().clamp(0, count - 2)
    way = (position - left).clamp(0, 1)
    return octave, left, way * way * (3 - 2 * way)
