"""Higher and lower voices at the same tempo."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log2

import torch
import torch.nn.functional as F
from torch import Tensor

from asr.augment.draw import check_probability, happens, one_of
from asr.augment.stretch import stretched
from asr.resample import resample

_DENOMINATORS = (50, 100, 200, 500)  # the largest; a small one keeps the kernels small
_NEAR = 0.02  # semitones


@dataclass(frozen=True, slots=True)
class Pitch:
    """Make a voice higher or lower, formants and all, without a change of duration.

    It is stretched, and then played as much faster.

    Shape: ``(channels, samples)`` to the same.

    Args:
        semitones: each as likely as any other, -12 to 12; 12 is an octave higher.
        probability: share of the recordings that take part.
    """

    semitones: Sequence[float] = (-3.0, -2.0, -1.0, 1.0, 2.0, 3.0)
    probability: float = 0.5

    def __post_init__(self) -> None:
        check_probability(self.probability)
        if not self.semitones or not all(-12 <= each <= 12 for each in self.semitones):
            raise ValueError(
                f"semitones must be one or more numbers from -12 to 12, got {list(self.semitones)}"
            )

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        if not happens(self.probability, generator):
            return waveform
        factor = _factor(one_of(self.semitones, generator))
        if factor == 1:
            return waveform
        samples = waveform.shape[-1]
        longer = stretched(waveform, sample_rate, float(1 / factor))
        changed = resample(longer, factor.numerator, factor.denominator)
        return F.pad(changed, (0, samples - changed.shape[-1]))  # negative padding cuts


def _factor(semitones: float) -> Fraction:
    """What frequencies are to be multiplied by, within a fiftieth of a semitone."""
    exact = 2 ** (semitones / 12)
    found = (Fraction(exact).limit_denominator(largest) for largest in _DENOMINATORS)
    return next(factor for factor in found if abs(12 * log2(factor / exact)) <= _NEAR)
