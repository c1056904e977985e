"""Augmentation of waveforms: what a transform is, and a chain of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from asr.data.pacing import Factors, Pacing
from asr.data.sampler import Seconds


@runtime_checkable
class Transform(Protocol):
    """One way to change a recording without changing what is said in it."""

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        """Change a copy of the waveform, or return it as it came.

        Shape: ``(channels, samples)`` to ``(channels, other samples)``.

        Args:
            sample_rate: in hertz.
            generator: the only source of randomness.
        """


@dataclass(frozen=True, slots=True)
class Chain:
    """Transforms, applied in the order given; itself a transform.

    Shape: ``(channels, samples)`` to ``(channels, other samples)``.
    """

    transforms: Sequence[Transform]

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        for transform in self.transforms:
            waveform = transform(waveform, sample_rate, generator)
        return waveform

    @property
    def paces(self) -> list[object]:
        """See :class:`~asr.data.pacing.Pacing`."""
        parts = [part for part in self.transforms if isinstance(part, Pacing)]
        return [pace for part in parts for pace in part.paces]

    def durations(self, seconds: Seconds, random: np.random.Generator) -> tuple[Factors, Seconds]:
        """See :class:`~asr.data.pacing.Pacing`; transforms that are none change no duration."""
        drawn = [np.empty((len(seconds), 0))]
        for transform in self.transforms:
            if isinstance(transform, Pacing):
                factors, seconds = transform.durations(seconds, random)
                drawn.append(factors)
        return np.concatenate(drawn, axis=1), seconds

    def paced(self, factors: list[float]) -> "Chain":
        """See :class:`~asr.data.pacing.Pacing`."""
        # For every utterance, so not by isinstance: of a protocol it takes tens of microseconds.
        transforms = [
            transform.paced(factors) if hasattr(transform, "paced") else transform
            for transform in self.transforms
        ]
        return replace(self, transforms=transforms)
