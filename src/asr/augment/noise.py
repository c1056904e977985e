"""Noisier recordings."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from asr.augment.draw import between, check_probability, happens
from asr.augment.filtering import fast_size, from_spectrum, loudness


@dataclass(frozen=True, slots=True)
class Noise:
    """Add Gaussian noise at a signal-to-noise ratio, measured over the whole recording.

    A silent recording stays silent, whatever the ratio.

    Shape: ``(channels, samples)`` to the same.

    Args:
        low_db, high_db: the ratio is drawn uniformly from this range; 0 dB is as loud as the
            signal, 40 dB can hardly be heard.
        color: white has the same power at every frequency, pink in every octave, as rooms do.
        probability: share of the recordings that take part.
    """

    low_db: float = 10.0
    high_db: float = 40.0
    color: Literal["white", "pink"] = "white"
    probability: float = 0.5

    def __post_init__(self) -> None:
        check_probability(self.probability)
        if not -100 <= self.low_db <= self.high_db <= 100:
            raise ValueError(
                "expected -100 <= low_db <= high_db <= 100, got "
                f"{self.low_db} and {self.high_db}; swap them or narrow the range"
            )
        if self.color not in ("white", "pink"):
            raise ValueError(f"color must be 'white' or 'pink', got {self.color!r}")

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        if not happens(self.probability, generator):
            return waveform
        ratio_db = between(self.low_db, self.high_db, generator)
        if self.color == "pink":
            noise = _pink(waveform.shape, generator)
        else:
            noise = torch.randn(waveform.shape, generator=generator)
        level = loudness(waveform) / loudness(noise).clamp(min=1e-12)
        return waveform + noise * level * 10 ** (-ratio_db / 20)


def _pink(shape: torch.Size, generator: torch.Generator) -> Tensor:
    """Drawn as a spectrum, which white noise would have to be transformed into first."""
    size = fast_size(shape[-1])
    spectrum = torch.randn((*shape[:-1], size // 2 + 1, 2), generator=generator)
    octaves = torch.arange(size // 2 + 1).clamp(min=1).sqrt()
    parts = torch.view_as_complex(spectrum / octaves[:, None]).numpy()
    return from_spectrum(parts, size)[..., : shape[-1]]
