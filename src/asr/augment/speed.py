"""Faster and slower speech."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor

from asr.augment.draw import check_probability, happens, one_of
from asr.data.pacing import Factors
from asr.data.sampler import Seconds
from asr.resample import resample

_LARGEST_DENOMINATOR = 100  # a factor is met within half a percent, by a small kernel


@dataclass(frozen=True, slots=True)
class Speed:
    """Play the recording at one of several speeds, pitch and all, by resampling.

    Speed perturbation of Ko et al., 2015, "Audio augmentation for speech recognition", section
    2.3: three copies, at 0.9, 1.0 and 1.1.

    Shape: ``(channels, samples)`` to ``(channels, ceil(samples / factor))``.

    Args:
        factors: each as likely as any other, 0.25 to 4; above 1 is faster and shorter.
        probability: share of the recordings that take part.
    """

    factors: Sequence[float] = (0.9, 1.0, 1.1)
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self.probability)
        if not self.factors or not all(0.25 <= factor <= 4 for factor in self.factors):
            raise ValueError(
                f"factors must be one or more numbers from 0.25 to 4, got {list(self.factors)}; "
                "1.1 is a tenth faster"
            )

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        if not happens(self.probability, generator):
            return waveform
        factor = _fraction(one_of(self.factors, generator))
        if factor == 1:
            return waveform
        return resample(waveform, factor.numerator, factor.denominator)

    @property
    def paces(self) -> "tuple[Speed]":
        """See :class:`~asr.data.pacing.Pacing`."""
        return (self,)

    def durations(self, seconds: Seconds, random: np.random.Generator) -> tuple[Factors, Seconds]:
        """See :class:`~asr.data.pacing.Pacing`."""
        met = np.array([float(_fraction(factor)) for factor in self.factors])
        factors = met[random.integers(len(met), size=len(seconds))]
        factors[random.random(len(seconds)) >= self.probability] = 1.0
        return factors[:, None], seconds / factors

    def paced(self, factors: list[float]) -> "Speed":
        """See :class:`~asr.data.pacing.Pacing`."""
        return replace(self, factors=(factors.pop(0),), probability=1.0)


def _fraction(factor: float) -> Fraction:
    return Fraction(factor).limit_denominator(_LARGEST_DENOMINATOR)
