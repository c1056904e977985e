"""Recordings as over a telephone."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from asr.augment.draw import check_probability, happens
from asr.resample import resample

_MU = 255


@dataclass(frozen=True, slots=True)
class Telephone:
    """Resample to the rate of a line and back, and round to the levels of the mu-law.

    The levels are those of ITU-T G.711 in its continuous form, fine near zero and coarse at the
    peaks. The loudest sample is taken for full scale, as a line's automatic gain would set it.

    Shape: ``(channels, samples)`` to the same.

    Args:
        rate: of the line, in hertz; at a model's own rate or above nothing is resampled.
        probability: share of the recordings that take part.
    """

    rate: int = 8000
    probability: float = 0.3

    def __post_init__(self) -> None:
        check_probability(self.probability)
        if not 1000 <= self.rate <= 192_000:
            raise ValueError(f"rate must be 1000 to 192000 Hz, got {self.rate}")

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        if not happens(self.probability, generator):
            return waveform
        narrow = self.rate < sample_rate
        line = resample(waveform, sample_rate, self.rate) if narrow else waveform
        peak = line.abs().max().clamp(min=1e-12)
        heard = _expanded(_levels(line / peak)) * peak
        if not narrow:
            return heard
        return resample(heard, self.rate, sample_rate)[..., : waveform.shape[-1]].contiguous()


def _levels(x: Tensor) -> Tensor:
    """The nearest of 255 levels, from -127 to 127, of samples in [-1, 1]."""
    return (127 * x.sign() * (_MU * x.abs()).log1p() / math.log1p(_MU)).round()


def _expanded(levels: Tensor) -> Tensor:
    return levels.sign() * (levels.abs() * (math.log1p(_MU) / 127)).expm1() / _MU
