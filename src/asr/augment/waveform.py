"""Augmentation of waveforms: what a transform is, and a chain of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor


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
