"""Epochs whose utterances are drawn: faster or slower, joined with others, in other numbers."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from asr.data.balance import Balance, Numbers, times_before
from asr.data.joining import Joining, Joins
from asr.data.pacing import Factors, Pacing
from asr.data.rare_words import RareWords
from asr.data.sampler import MIX, BatchSampler, Cuts, Rows, Seconds
from asr.keyed import key

_EPOCHS_TO_MEASURE = 4  # or fewer that are as long as so many utterances together
_UTTERANCES_TO_MEASURE = 1_000_000
_MIX_OF_FACTORS = 2  # batches in a bucket: factors by themselves change who is like whom


class Drawn(NamedTuple):
    """An utterance as an epoch wants it.

    Attributes:
        row: of the split.
        epoch: which decides, with seed and utterance, all that is random about it.
        number: how often the epoch has drawn it before, for then chance must fall otherwise.
        followers: row of each utterance that is joined to it, and the seconds before that one.
        factors: by how much it is played faster, for each part of the augmentation that does so.
    """

    row: int
    epoch: int
    number: int = 0
    followers: tuple[tuple[int, float], ...] = ()
    factors: tuple[float, ...] = ()


class Draws(NamedTuple):
    """An epoch, before it is parted into batches; all of as many utterances.

    Attributes:
        rows: of the split.
        joins: what follows each of them.
        factors: see :class:`Drawn`.
        seconds: how long each lasts after all that.
    """

    rows: Numbers
    joins: Joins
    factors: Factors
    seconds: Seconds


class DrawnSampler:
    """Batches of similar duration, as :class:`~asr.data.sampler.BatchSampler` makes them of what
    each epoch draws.

    The number of batches is the same in every epoch, so a schedule knows its length: the most
    that one of the first four needs; of a million utterances or more, what the first one does.
    An epoch that needs fewer has its first ones twice; one that needs more, as hardly any does,
    goes without the last of its shuffled batches.

    Args:
        seconds: duration of each utterance.
        joining: and ``balance``: what is drawn; ``None`` for every utterance once, as it is.
        pacing: an augmentation that changes durations.
        max_seconds: and the other arguments: see :class:`~asr.data.sampler.BatchSampler`.
            ``windows`` are of the split's rows, so only for epochs that have each once.
    """

    def __init__(
        self,
        seconds: Seconds,
        *,
        joining: Joining | None = None,
        balance: Balance | RareWords | None = None,
        pacing: Pacing | None = None,
        max_seconds: float,
        max_utterances: int | None = None,
        seed: int = 0,
        rank: int = 0,
        world: int = 1,
        windows: Rows | None = None,
        position: Callable[[], tuple[int, int]] = lambda: (0, 0),
    ) -> None:
        self.seconds, self.joining, self.balance, self.pacing = seconds, joining, balance, pacing
        self.max_seconds, self.max_utterances, self.windows = max_seconds, max_utterances, windows
        self.seed, self.rank, self.world = seed, rank, world
        self.position = position
        enough = -(-_UTTERANCES_TO_MEASURE // max(1, len(seconds)))
        epochs = range(min(_EPOCHS_TO_MEASURE, enough))
        first = [len(self._batches(self._draw(epoch))) for epoch in epochs]
        self._length = -(-max(first) // world)

    def __len__(self) -> int:
        """Batches of this process in an epoch."""
        return self._length

    def __iter__(self) -> Iterator[list[Drawn]]:
        # A generator: the position is read at the first batch, after a checkpoint is loaded.
        epoch, done = self.position()
        draws = self._draw(epoch)
        numbers = None if self.balance is None else times_before(draws.rows)
        sampler = self._batches(draws)
        places, batches = sampler.plan(epoch)
        turn: Cuts = np.resize(batches, len(self) * self.world)
        for batch in turn[self.rank :: self.world][done:]:
            yield [
                Drawn(
                    int(draws.rows[place]),
                    epoch,
                    0 if numbers is None else int(numbers[place]),
                    _followers(draws.joins, place),
                    tuple(draws.factors[place].tolist()),
                )
                for place in sampler.members(places, batch)
            ]

    def _draw(self, epoch: int) -> Draws:
        everything: Numbers = np.arange(len(self.seconds), dtype=np.int64)
        rows = everything if self.balance is None else self.balance.rows(epoch)
        none = np.empty((len(rows), 0))
        if self.joining is None:
            joins = Joins(none.astype(np.int64), none, self.seconds[rows])
        else:
            joins = self.joining.draw(rows, self.seconds, self.seed, epoch)
        if self.pacing is None:
            return Draws(rows, joins, none, joins.seconds)
        random = np.random.Generator(np.random.Philox(key=key(self.seed, "paces", epoch)))
        return Draws(rows, joins, *self.pacing.durations(joins.seconds, random))

    def _batches(self, draws: Draws) -> BatchSampler:
        return BatchSampler(
            draws.seconds,
            max_seconds=self.max_seconds,
            max_utterances=self.max_utterances,
            seed=self.seed,
            mix=_MIX_OF_FACTORS if draws.factors.size else MIX,
            windows=self.windows,
        )


def _followers(joins: Joins, place: int) -> tuple[tuple[int, float], ...]:
    pairs = zip(joins.followers[place].tolist(), joins.pauses[place].tolist(), strict=True)
    return tuple((row, pause) for row, pause in pairs if row >= 0)
