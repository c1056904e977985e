"""Earlier and later recordings."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from asr.augment.draw import between, check_probability, happens


@dataclass(frozen=True, slots=True)
class Shift:
    """Move the recording in time: what leaves at one end is lost, zeros enter at the other.

    Shape: ``(channels, samples)`` to the same.

    Args:
        most_ms: the shift is drawn uniformly from minus to plus this many milliseconds.
        probability: share of the recordings that take part.
    """

    most_ms: float = 50.0
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self.probability)
        if not 0 <= self.most_ms < float("inf"):
            raise ValueError(f"most_ms must be 0 or more milliseconds, got {self.most_ms}")

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        if not happens(self.probability, generator):
            return waveform
        samples = waveform.shape[-1]
        later = round(between(-self.most_ms, self.most_ms, generator) * sample_rate / 1000)
        later = max(-samples, min(later, samples))
        return F.pad(waveform, (later, -later))  # negative padding cuts
