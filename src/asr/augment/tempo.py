"""Faster and slower speech at the same pitch."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from asr.augment.draw import between, check_probability, happens
from asr.augment.stretch import stretched
from asr.data.pacing import Factors
from asr.data.sampler import Seconds


@dataclass(frozen=True, slots=True)
class Tempo:
    """Speak faster or slower in the same voice; see :func:`~asr.augment.stretch.stretched`.

    Where :class:`~asr.augment.speed.Speed` makes other voices of a recording, too, this leaves
    the voice alone, and can go further.

    Shape: ``(channels, samples)`` to ``(channels, ceil(samples / factor))``.

    Args:
        slowest, fastest: the factor is drawn uniformly from this range, 0.25 to 4.
        probability: share of the recordings that take part.
    """

    slowest: float = 0.8
    fastest: float = 1.25
    probability: float = 0.5

    def __post_init__(self) -> None:
        check_probability(self.probability)
        if not 0.25 <= self.slowest <= self.fastest <= 4:
            raise ValueError(
                f"expected 0.25 <= slowest <= fastest <= 4, got {self.slowest} and "
                f"{self.fastest}; 1.1 is a tenth faster"
            )

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        if not happens(self.probability, generator):
            return waveform
        factor = between(self.slowest, self.fastest, generator)
        return waveform if factor == 1 else stretched(waveform, sample_rate, factor)

    @property
    def paces(self) -> "tuple[Tempo]":
        """See :class:`~asr.data.pacing.Pacing`."""
        return (self,)

    def durations(self, seconds: Seconds, random: np.random.Generator) -> tuple[Factors, Seconds]:
        """See :class:`~asr.data.pacing.Pacing`."""
        factors = random.uniform(self.slowest, self.fastest, len(seconds))
        factors[random.random(len(seconds)) >= self.probability] = 1.0
        return factors[:, None], seconds / factors

    def paced(self, factors: list[float]) -> "Tempo":
        """See :class:`~asr.data.pacing.Pacing`."""
        factor = factors.pop(0)
        return replace(self, slowest=factor, fastest=factor, probability=1.0)
