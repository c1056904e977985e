"""Augmentation that changes how long utterances last, told before batches are made of them."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from asr.data.sampler import Seconds

Factors = np.ndarray[Any, np.dtype[np.float64]]


class WaveformAugment(Protocol):
    """What a waveform augmentation must provide; all that is random comes from ``generator``."""

    def __call__(
        self, waveform: Tensor, sample_rate: int, generator: torch.Generator
    ) -> Tensor: ...


@runtime_checkable
class Pacing(Protocol):
    """What an augmentation provides besides, if it changes durations.

    Batches of similar duration are made of what a model hears, so the part of chance that
    decides on durations is drawn for a whole epoch, before its batches are made.
    """

    @property
    def paces(self) -> Sequence[object]:
        """The transforms in it that change durations; a checkpoint remembers what they print."""

    def durations(self, seconds: Seconds, random: np.random.Generator) -> tuple[Factors, Seconds]:
        """Draw by how much each utterance is played faster, and tell how long it lasts then.

        Shape: ``(utterances,)`` to ``(utterances, factors that are drawn for each)`` and
        ``(utterances,)``, the most seconds that may come out.
        """

    def paced(self, factors: list[float]) -> WaveformAugment:
        """The same augmentation with the first of these factors, as many as it draws.

        They are taken from the list.
        """


def pacing(augment: WaveformAugment | None) -> Pacing | None:
    """The augmentation, if it changes durations and tells so."""
    return augment if isinstance(augment, Pacing) and augment.paces else None


def cuts(pacing: Pacing | None) -> bool:
    """Whether a part of it leaves out some of a recording, and says so by an attribute ``cuts``."""
    return pacing is not None and any(getattr(pace, "cuts", False) for pace in pacing.paces)
