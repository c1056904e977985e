"""Clips of one duration: a part of long ones, a place for short ones."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from asr.augment.draw import check_probability, happens
from asr.data.pacing import Factors
from asr.data.sampler import Seconds


@dataclass(frozen=True, slots=True)
class Crop:
    """Take a random part of what is longer, and put what is shorter at a random place in zeros.

    For classification, where a sound may come at any time; of a transcript, the whole recording is
    needed, so transcription refuses it. In training only: validation and test
    hear whole recordings.

    Shape: ``(channels, samples)`` to ``(channels, seconds * sample_rate)``.

    Args:
        seconds: of what comes out.
        pad: whether what is shorter is filled up with zeros; else it stays as it is.
        loudest: whether the part holds the loudest sample, so that it is never the silence around
            a short sound.
        probability: share of the recordings that take part.
    """

    cuts: ClassVar[bool] = True  # see asr.data.pacing.cuts

    seconds: float = 1.0
    pad: bool = True
    loudest: bool = False
    probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability(self.probability)
        if not 0 < self.seconds < float("inf"):
            raise ValueError(f"seconds must be above 0, got {self.seconds}")

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        if not happens(self.probability, generator):
            return waveform
        wanted = max(1, round(self.seconds * sample_rate))
        spare = wanted - waveform.shape[-1]
        first, last = 0, abs(spare)
        if self.loudest and spare < 0:
            loudest = int(waveform.abs().amax(dim=0).argmax())
            first, last = max(first, loudest - wanted + 1), min(last, loudest)
        place = int(torch.randint(first, last + 1, (), generator=generator))
        if spare <= 0:
            return waveform[..., place : place + wanted]
        return F.pad(waveform, (place, spare - place)) if self.pad else waveform

    @property
    def paces(self) -> "tuple[Crop]":
        """See :class:`~asr.data.pacing.Pacing`."""
        return (self,)

    def durations(self, seconds: Seconds, random: np.random.Generator) -> tuple[Factors, Seconds]:
        """See :class:`~asr.data.pacing.Pacing`."""
        cut = np.minimum(seconds, self.seconds)
        lasting = np.full_like(cut, self.seconds) if self.pad else cut
        if self.probability < 1:
            lasting = np.maximum(seconds, lasting)
        return np.empty((len(seconds), 0)), lasting

    def paced(self, factors: list[float]) -> "Crop":
        """See :class:`~asr.data.pacing.Pacing`."""
        return self
