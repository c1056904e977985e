"""Louder and quieter recordings."""

from dataclasses import dataclass

import torch
from torch import Tensor

from asr.augment.draw import between, check_probability, happens


@dataclass(frozen=True, slots=True)
class Gain:
    """Scale the recording by a number of decibels; nothing is clipped.

    Shape: ``(channels, samples)`` to the same.

    Args:
        low_db, high_db: drawn uniformly from this range; 6 dB doubles the amplitude.
        probability: share of the recordings that take part.
    """

    low_db: float = -6.0
    high_db: float = 6.0
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self.probability)
        if not -100 <= self.low_db <= self.high_db <= 100:
            raise ValueError(
                "expected -100 <= low_db <= high_db <= 100, got "
                f"{self.low_db} and {self.high_db}; swap them or narrow the range"
            )

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        if not happens(self.probability, generator):
            return waveform
        return waveform * 10 ** (between(self.low_db, self.high_db, generator) / 20)
