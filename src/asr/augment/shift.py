"""Earlier and later recordings."""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from asr.augment.draw import between, check_probability, happens

_QUIET_MS = 100  # of background


@dataclass(frozen=True, slots=True)
class Shift:
    """Move the recording in time: what leaves at one end is lost, silence enters at the other.

    Shape: ``(channels, samples)`` to the same.

    Args:
        most_ms: the shift is drawn uniformly from minus to plus this many milliseconds.
        probability: share of the recordings that take part.
        fill: what enters: ``"zeros"``, or ``"background"``, the quietest tenth of a second of the
            recording forwards and backwards in turn, as in a recording that begins too early or
            ends within a word.
    """

    most_ms: float = 50.0
    probability: float = 1.0
    fill: Literal["zeros", "background"] = "zeros"

    def __post_init__(self) -> None:
        check_probability(self.probability)
        if not 0 <= self.most_ms < float("inf"):
            raise ValueError(f"most_ms must be 0 or more milliseconds, got {self.most_ms}")
        if self.fill not in ("zeros", "background"):
            raise ValueError(f"fill must be 'zeros' or 'background', got {self.fill!r}")

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        if not happens(self.probability, generator):
            return waveform
        samples = waveform.shape[-1]
        later = round(between(-self.most_ms, self.most_ms, generator) * sample_rate / 1000)
        later = max(-samples, min(later, samples))
        moved = F.pad(waveform, (later, -later))  # negative padding cuts
        if self.fill == "background" and later:
            silence = _background(waveform, abs(later), _QUIET_MS * sample_rate // 1000)
            (moved[:, :later] if later > 0 else moved[:, later:]).copy_(silence)
        return moved


def _background(waveform: Tensor, samples: int, quiet: int) -> Tensor:
    """So many samples of the quietest ``quiet`` ones in a row, forwards and backwards in turn."""
    pieces = waveform.unfold(-1, min(quiet, waveform.shape[-1]), max(quiet // 2, 1))
    quietest = pieces[:, int(pieces.square().sum(dim=(0, 2)).argmin())]
    there_and_back = torch.cat([quietest, quietest.flip(-1)], dim=-1)
    return there_and_back.repeat(1, -(-samples // there_and_back.shape[-1]))[:, :samples]
