"""Epochs whose utterances are drawn: joined with others, or in balanced numbers."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from asr.data.balance import Balance, Numbers, times_before
from asr.data.joining import Joining, Joins, Seconds
from asr.data.rare_words import RareWords
from asr.data.sampler import BatchSampler

_EPOCHS_TO_MEASURE = 4


class Drawn(NamedTuple):
    """An utterance as an epoch wants it.

    Attributes:
        row: of the split.
        epoch: which decides, with seed and utterance, all that is random about it.
        number: how often the epoch has drawn it before, for then chance must fall otherwise.
        followers: row of each utterance that is joined to it, and the seconds before that one.
    """

    row: int
    epoch: int
    number: int = 0
    followers: tuple[tuple[int, float], ...] = ()


class DrawnSampler:
    """Batches of similar duration, as :class:`~asr.data.sampler.BatchSampler` makes them of what
    each epoch draws.

    The number of batches is the same in every epoch, so a schedule knows its length: the most
    that one of the first four needs. An epoch that needs fewer has its first ones twice; one that
    needs more, as hardly any does, goes without the last of its shuffled batches.

    Args:
        seconds: duration of each utterance.
        joining: and ``balance``: what is drawn; ``None`` for every utterance once, as it is.
        max_seconds: and the other arguments: see :class:`~asr.data.sampler.BatchSampler`.
    """

    def __init__(
        self,
        seconds: Seconds,
        *,
        joining: Joining | None = None,
        balance: Balance | RareWords | None = None,
        max_seconds: float,
        max_utterances: int | None = None,
        seed: int = 0,
        rank: int = 0,
        world: int = 1,
        position: Callable[[], tuple[int, int]] = lambda: (0, 0),
    ) -> None:
        self.seconds, self.joining, self.balance = seconds, joining, balance
        self.max_seconds, self.max_utterances = max_seconds, max_utterances
        self.seed, self.rank, self.world = seed, rank, world
        self.position = position
        first = [len(self._batches(self._draw(n)[1].seconds, n)) for n in range(_EPOCHS_TO_MEASURE)]
        self._length = -(-max(first) // world)

    def __len__(self) -> int:
        """Batches of this process in an epoch."""
        return self._length

    def __iter__(self) -> Iterator[list[Drawn]]:
        # A generator: the position is read at the first batch, after a checkpoint is loaded.
        epoch, done = self.position()
        rows, joins = self._draw(epoch)
        numbers = times_before(rows)
        batches = list(self._batches(joins.seconds, epoch))
        turn: Numbers = np.resize(np.arange(len(batches)), len(self) * self.world)
        for batch in turn[self.rank :: self.world][done:]:
            yield [
                Drawn(int(rows[place]), epoch, int(numbers[place]), _followers(joins, place))
                for place, _ in batches[batch]
            ]

    def _draw(self, epoch: int) -> tuple[Numbers, Joins]:
        everything: Numbers = np.arange(len(self.seconds), dtype=np.int64)
        rows = everything if self.balance is None else self.balance.rows(epoch)
        if self.joining is None:
            none = np.empty((len(rows), 0))
            return rows, Joins(none.astype(np.int64), none, self.seconds[rows])
        return rows, self.joining.draw(rows, self.seconds, self.seed, epoch)

    def _batches(self, seconds: Seconds, epoch: int) -> BatchSampler:
        return BatchSampler(
            seconds,
            max_seconds=self.max_seconds,
            max_utterances=self.max_utterances,
            seed=self.seed,
            position=lambda: (epoch, 0),
        )


def _followers(joins: Joins, place: int) -> tuple[tuple[int, float], ...]:
    pairs = zip(joins.followers[place].tolist(), joins.pauses[place].tolist(), strict=True)
    return tuple((row, pause) for row, pause in pairs if row >= 0)
