"""What the training batches of a process have shown so far."""

import math
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import torch
from torch import Tensor

from asr.data.batch import Batch
from asr.tasks.observation import Observation
from asr.training.highest import Doubtful, Highest

_Texts = tuple[str, ...]


class TrainingRecord:
    """Losses of all batches, read together now and then, and counts of those looked at.

    Args:
        most: utterances with the highest losses that are kept, of this epoch and the one before.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.epoch, self.highest = 0, Highest(most)
        self._before = 0, Highest(most)  # epoch, and what it had
        self._total, self._utterances = 0.0, 0  # since the last validation
        self._looked_at = [0, 0, 0, 0]  # utterances, frames, frames needed, infeasible
        self._waiting: list[tuple[Tensor, _Texts, _Texts, Sequence[_Texts]]] = []

    def begin(self, epoch: int) -> None:
        """Another epoch begins."""
        self.settle()
        if self.highest.seen:
            self._before = self.epoch, self.highest
        self.epoch, self.highest = epoch, Highest(self.most)

    def add(self, losses: Tensor, batch: Batch) -> None:
        """Note the losses of a batch, which may still be on their way from the device."""
        followers = batch.follower_ids or [()] * len(batch.ids)
        self._waiting.append((losses, batch.ids, batch.references, followers))

    def look(self, seen: Observation, utterances: int) -> None:
        """Count what was seen of a batch."""
        more = utterances, int(seen.frames), int(seen.needed), int(seen.infeasible)
        self._looked_at = [sum(both) for both in zip(self._looked_at, more, strict=True)]

    def settle(self) -> None:
        """Read what has arrived since."""
        if not self._waiting:
            return
        parts, ids, references, followers = zip(*self._waiting, strict=True)
        self._waiting = []
        losses = torch.cat(parts).float().tolist()
        self.highest.add(losses, *(list(chain(*each)) for each in (ids, references, followers)))
        for loss in losses:  # one by one, so that the sum is the same wherever a run is stopped
            if math.isfinite(loss):
                self._total += loss
                self._utterances += 1

    def loss(self) -> float:
        """Mean loss per token since it was last asked for, of feasible utterances; else NaN."""
        self.settle()
        feasible = self._utterances * (1 - self.infeasible)
        loss = self._total / feasible if feasible else math.nan
        self._total, self._utterances = 0.0, 0
        return loss

    @property
    def infeasible(self) -> float:
        """Share of the utterances looked at that have fewer frames than they need."""
        return self._looked_at[3] / max(self._looked_at[0], 1)

    @property
    def room(self) -> float:
        """Frames for each that is needed; infinite where none are."""
        _, frames, needed, _ = self._looked_at
        return frames / needed if needed else math.inf

    def fullest(self) -> tuple[int, Highest]:
        """The last epoch and the highest of it, or the one before where that saw more."""
        self.settle()
        if self._before[1].seen > self.highest.seen:
            return self._before
        return self.epoch, self.highest

    def share(self, everyone: Callable[[Sequence[Doubtful]], Sequence[Doubtful]]) -> None:
        """Let all processes have the highest losses of all, which ``everyone`` gathers."""
        self.settle()
        for kept in (self._before[1], self.highest):
            kept.merge(everyone(kept.rows))

    def state(self) -> dict[str, Any]:
        """All of it, as plain values."""
        self.settle()
        return {
            "epochs": [
                [epoch, kept.seen, [list(row) for row in kept.rows]]
                for epoch, kept in (self._before, (self.epoch, self.highest))
            ],
            "loss": [self._total, self._utterances],
            "looked_at": self._looked_at,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from :meth:`state`."""
        self._before, (self.epoch, self.highest) = (
            (epoch, Highest(self.most, rows, seen)) for epoch, seen, rows in state["epochs"]
        )
        self._total, self._utterances = state["loss"]
        self._looked_at = list(state["looked_at"])
        self._waiting = []
