"""Epochs whose utterances are drawn: faster or slower, joined with others, in other numbers."""

from collections.abc import Callable, Iterator
from math import ceil
from typing import NamedTuple

import numpy as np

from asr.data.balance import Balance, Numbers, times_before
from asr.data.joining import Joining, Joins
from asr.data.pacing import Factors, Pacing
from asr.data.rare_words import RareWords
from asr.data.sampler import BatchSampler, Cuts, Rows, Seconds
from asr.keyed import key

_EPOCHS_TO_MEASURE = 4  # or fewer, if these hold so many utterances
_UTTERANCES_TO_MEASURE = 1_000_000
_WIDER = 1.01  # batches of an epoch that would need too many


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
    that one of the first four needs, or of the first ones that hold a million utterances. In an
    epoch that needs fewer the fullest ones are halved; in one that needs more all may be a little
    longer than ``max_seconds``. So each epoch holds all that it draws, and none of it twice,
    unless there are too few utterances to share among the processes.

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
        self._length = -(-max(len(self._batches(self._draw(n).seconds)) for n in epochs) // world)

    def __len__(self) -> int:
        """Batches of this process in an epoch."""
        return self._length

    def __iter__(self) -> Iterator[list[Drawn]]:
        # A generator: the position is read at the first batch, after a checkpoint is loaded.
        epoch, done = self.position()
        rows, joins, factors, seconds = self._draw(epoch)
        numbers = None if self.balance is None else times_before(rows)
        places, spans = self._plan(epoch, seconds)
        for begin, end in spans[self.rank :: self.world][done:]:
            members = places[begin:end]
            yield [
                Drawn(row, epoch, number, _followers(joins, place), tuple(paces))
                for row, number, place, paces in zip(
                    rows[members].tolist(),
                    [0] * len(members) if numbers is None else numbers[members].tolist(),
                    members.tolist(),
                    factors[members].tolist(),
                    strict=True,
                )
            ]

    def _plan(self, epoch: int, seconds: Seconds) -> tuple[Rows, Cuts]:
        """Places among what is drawn, end to end, and where in them each batch begins and ends."""
        wanted, wider = self._length * self.world, 1.0
        while len(sampler := self._batches(seconds, wider)) > wanted:
            wider *= _WIDER
        places, batches = sampler.plan(epoch)
        spans = np.stack([sampler.cuts[batches], sampler.cuts[batches + 1]], axis=1)
        return places, _as_many(spans, wanted)

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

    def _batches(self, seconds: Seconds, wider: float = 1.0) -> BatchSampler:
        most = self.max_utterances
        return BatchSampler(
            seconds,
            max_seconds=self.max_seconds * wider,
            max_utterances=most and ceil(most * wider),
            seed=self.seed,
            windows=self.windows,
        )


def _as_many(spans: Cuts, wanted: int) -> Cuts:
    """So many batches: the fullest are halved, and if all are of one, the first come again."""
    while (missing := wanted - len(spans)) > 0:
        sizes = spans[:, 1] - spans[:, 0]
        fullest = np.argsort(-sizes, kind="stable")[:missing]
        halved = np.sort(fullest[sizes[fullest] > 1])
        if not len(halved):
            return np.resize(spans, (wanted, 2))
        middles = spans[halved].sum(axis=1) // 2
        halves = np.stack([middles, spans[halved, 1]], axis=1)
        spans[halved, 1] = middles
        spans = np.insert(spans, halved + 1, halves, axis=0)
    return spans


def _followers(joins: Joins, place: int) -> tuple[tuple[int, float], ...]:
    pairs = zip(joins.followers[place].tolist(), joins.pauses[place].tolist(), strict=True)
    return tuple((row, pause) for row, pause in pairs if row >= 0)
