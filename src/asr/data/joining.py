"""Utterances that are continued with others, so that a short corpus has many long sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from asr.keyed import key

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Seconds = np.ndarray[Any, np.dtype[np.float64]]


class Joins(NamedTuple):
    """What follows each utterance of an epoch.

    Attributes:
        followers: ``(utterances, most - 1)``, rows in the order in which they follow, -1 for none.
        pauses: ``(utterances, most - 1)``, seconds before each of them.
        seconds: ``(utterances,)``, of all of it together.
    """

    followers: Numbers
    pauses: Seconds
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class Joining:
    """Continue a share of the utterances with others of the same split, drawn in each epoch anew.

    A corpus of few sentences is learnt by heart as sentences; joined, its words come in new
    company, and at places of an utterance where they never were. Who follows whom is a function
    of seed and epoch, drawn before batches are made, which so know the true durations.

    Args:
        share: of the utterances that are continued; 0 for none.
        most: utterances in one, at least 2; how many it is, is drawn uniformly from 2 to this.
        shortest_pause, longest_pause: seconds between two, drawn uniformly; filled with noise as
            loud as the quietest part of what comes before.
        longest: seconds of all of it together; what would make it longer does not follow.

    Raises:
        ValueError: a value is out of range.
    """

    share: float = 0.5
    most: int = 2
    shortest_pause: float = 0.0
    longest_pause: float = 0.0
    longest: float = 20.0

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"share must be 0 to 1, got {self.share:g}; 0.5 is every other one")
        if self.most < 2:
            raise ValueError(f"most must be 2 or more utterances, got {self.most}")
        if not 0 <= self.shortest_pause <= self.longest_pause < float("inf"):
            raise ValueError(
                "need 0 <= shortest_pause <= longest_pause, got "
                f"{self.shortest_pause:g} and {self.longest_pause:g} s"
            )
        if not self.longest > 0:
            raise ValueError(f"longest must be above 0 s, got {self.longest:g}")

    def draw(self, rows: Numbers, seconds: Seconds, seed: int, epoch: int) -> Joins:
        """Who follows whom in an epoch.

        Args:
            rows: of the utterances of the epoch.
            seconds: duration of every row of the split.
        """
        count, others = len(rows), max(1, len(seconds) - 1)
        random = np.random.Generator(np.random.Philox(key=key(seed, "joins", epoch)))
        # A number that does not vary keeps the number of batches nearly the same.
        chosen = random.permutation(count) < round(self.share * count)
        wanted = random.integers(1, self.most, count) * chosen * (len(seconds) > 1)
        together = seconds[rows].astype(np.float64)
        followers: Numbers = np.full((count, self.most - 1), -1, np.int64)
        pauses = np.zeros(followers.shape)
        for turn in range(self.most - 1):
            other = random.integers(0, others, count)
            other += other >= rows  # none follows itself
            pause = random.uniform(self.shortest_pause, self.longest_pause, count)
            longer = together + pause + seconds[np.minimum(other, len(seconds) - 1)]
            follows = (turn < wanted) & (longer <= self.longest)
            followers[follows, turn] = other[follows]
            pauses[follows, turn] = pause[follows]
            together[follows] = longer[follows]
        return Joins(followers, pauses, together)


def join(waveforms: Sequence[Tensor], pauses: Sequence[int], generator: torch.Generator) -> Tensor:
    """One waveform of several, with background noise between them.

    Shape: each ``(channels, samples)``.

    Args:
        pauses: samples before each waveform but the first.
        generator: of the noise.
    """
    parts = [waveforms[0]]
    for waveform, samples in zip(waveforms[1:], pauses, strict=True):
        if samples:
            # Zeros would be the loudest event of all after the logarithm and normalisation.
            noise = torch.randn((len(waveform), samples), generator=generator)
            parts.append(noise * _quietest(parts[-1]))
        parts.append(waveform)
    return torch.cat(parts, dim=-1)


def _quietest(waveform: Tensor) -> Tensor:
    """Root mean square of the quietest of some fifty parts of the waveform, by channel.

    Shape: ``(channels, samples)`` to ``(channels, 1)``.
    """
    parts = min(50, waveform.shape[-1])
    whole = waveform[:, : waveform.shape[-1] // parts * parts]
    power = whole.reshape(len(whole), parts, -1).square().mean(dim=-1)
    return power.amin(dim=-1, keepdim=True).sqrt()
