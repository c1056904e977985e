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
        keep: share of the recording's energy that stays at least; a large ``most_ms`` then cuts
            words off at any place, and leaves something of each. Background counts as well.
    """

    most_ms: float = 50.0
    probability: float = 1.0
    fill: Literal["zeros", "background"] = "zeros"
    keep: float = 0.0

    def __post_init__(self) -> None:
        check_probability(self.probability)
        if not 0 <= self.most_ms < float("inf"):
            raise ValueError(f"most_ms must be 0 or more milliseconds, got {self.most_ms}")
        if self.fill not in ("zeros", "background"):
            raise ValueError(f"fill must be 'zeros' or 'background', got {self.fill!r}")
        if not 0 <= self.keep <= 1:
            raise ValueError(f"keep must be 0 to 1, got {self.keep}; give a share of the energy")

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        if not happens(self.probability, generator):
            return waveform
        samples = waveform.shape[-1]
        most = self.most_ms * sample_rate / 1000
        later = round(between(*self._limits(waveform, most), generator))
        later = max(-samples, min(later, samples))
        moved = F.pad(waveform, (later, -later))  # negative padding cuts
        if self.fill == "background" and later:
            silence = _background(waveform, abs(later), _QUIET_MS * sample_rate // 1000)
            (moved[:, :later] if later > 0 else moved[:, later:]).copy_(silence)
        return moved

    def _limits(self, waveform: Tensor, most: float) -> tuple[float, float]:
        """The earliest and the latest shift in samples, at most ``most``, that keep enough."""
        if not self.keep:
            return -most, most
        heard = waveform.square().sum(dim=0, dtype=torch.float64).cumsum(0)
        shares = torch.tensor([1 - self.keep, self.keep], dtype=torch.float64) * heard[-1]
        lost, kept = torch.searchsorted(heard, shares).tolist()
        return max(-most, -float(lost)), min(most, float(len(heard) - 1 - kept))


def _background(waveform: Tensor, samples: int, quiet: int) -> Tensor:
    """So many samples of the quietest ``quiet`` ones in a row, forwards and backwards in turn."""
    pieces = waveform.unfold(-1, min(quiet, waveform.shape[-1]), max(quiet // 2, 1))
    quietest = pieces[:, int(pieces.square().sum(dim=(0, 2)).argmin())]
    there_and_back = torch.cat([quietest, quietest.flip(-1)], dim=-1)
    return there_and_back.repeat(1, -(-samples // there_and_back.shape[-1]))[:, :samples]
