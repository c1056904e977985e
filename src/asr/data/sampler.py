"""Which utterances make up which batch: a pure function of seed and epoch."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np

from asr.keyed import key

Rows = np.ndarray[Any, np.dtype[np.uint32]]
Cuts = np.ndarray[Any, np.dtype[np.int64]]
Seconds = np.ndarray[Any, np.dtype[np.float64]]
_MIX = 4  # batches that a bucket has at least, so that their members change
_WIDTH = 1.05  # longest over shortest duration at which a bucket that has them may end


class Buckets(NamedTuple):
    """Utterances sorted by duration and parted into buckets of similar ones.

    Attributes:
        order: rows by duration, those of a window after those of the one before.
        starts: where each bucket begins in ``order``, and where the last one ends.
        sizes: utterances in a full batch of each bucket.
        windows: number of the first bucket of each window, and how many buckets there are.
    """

    order: Rows
    starts: Cuts
    sizes: Cuts
    windows: list[int]


class BatchSampler:
    """Batches of similar duration, capped by their padded seconds.

    Utterances are sorted into buckets by duration once; each epoch shuffles every bucket, cuts
    it into batches, and shuffles the batches. The number of batches is the same in every
    epoch, so a schedule knows its length.

    Args:
        seconds: duration of each utterance.
        max_seconds: of a batch: its longest utterance times their number.
        max_utterances: in a batch, whatever their duration; ``None`` for no limit.
        shuffle: off for evaluation: then batches go from long to short, the same every time.
        seed: of the order.
        rank: of this process.
        world: number of processes; in training each gets as many batches as the others, the
            first ones of the epoch twice where needed; in evaluation none is repeated.
        windows: number of the window of each row, from 0: a batch has rows of one, and windows
            follow each other in an order that each epoch shuffles; ``None`` for all rows in one.
        position: the epoch and the batches of it already done, asked when iteration begins.

    Attributes:
        cuts: where each batch begins among the rows of a plan, and where the last one ends.
    """

    def __init__(
        self,
        seconds: Seconds,
        *,
        max_seconds: float,
        max_utterances: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        rank: int = 0,
        world: int = 1,
        windows: Rows | None = None,
        position: Callable[[], tuple[int, int]] = lambda: (0, 0),
    ) -> None:
        self.shuffle, self.seed, self.rank, self.world = shuffle, seed, rank, world
        self.position = position
        if not shuffle and world > 1:
            # Each process must have something to evaluate, so no batch may take it all.
            share = max(1, len(seconds) // world)
            max_utterances = min(max_utterances or share, share)
        self.buckets = _parted(seconds, max_seconds, max_utterances, windows)
        bounds = zip(
            self.buckets.starts[:-1], self.buckets.starts[1:], self.buckets.sizes, strict=True
        )
        cuts = [
            np.linspace(a, b, -(-(b - a) // size) + 1).round().astype(np.int64)[:-1]
            for a, b, size in bounds
        ]
        self.cuts = np.concatenate([*cuts, self.buckets.starts[-1:]])
        self._batches = len(self.cuts) - 1
        before = [0, *accumulate(map(len, cuts))]  # batches before each bucket
        self._windows = [before[bucket] for bucket in self.buckets.windows]

    def __len__(self) -> int:
        """Batches of this process in an epoch."""
        if self.shuffle:
            return -(-self._batches // self.world)
        return len(range(self.rank, self._batches, self.world))

    def plan(self, epoch: int) -> tuple[Rows, Cuts]:
        """The rows of ``epoch`` laid end to end, and this process's batches of them by number."""
        if not self.shuffle:
            return self.buckets.order, np.arange(self._batches)[::-1][self.rank :: self.world]
        random = np.random.Generator(np.random.Philox(key=key(self.seed, "order", epoch)))
        rows: Rows = np.empty_like(self.buckets.order)
        for begin, end in pairwise(self.buckets.starts.tolist()):
            shuffled = random.random(end - begin).argsort(kind="stable")
            np.take(self.buckets.order[begin:end], shuffled, out=rows[begin:end])
        spans = list(pairwise(self._windows))
        if len(spans) > 1:
            spans = [spans[window] for window in random.permutation(len(spans))]
        batches = np.concatenate(
            [begin + random.permutation(end - begin) for begin, end in spans]
            or [np.empty(0, np.int64)]
        )
        batches = np.resize(batches, len(self) * self.world)  # goes round to fill the last turn
        return rows, batches[self.rank :: self.world]

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        # A generator: the position is read at the first batch, after a checkpoint is loaded.
        epoch, done = self.position()
        rows, batches = self.plan(epoch)
        for batch in batches[done:]:
            members = rows[self.cuts[batch] : self.cuts[batch + 1]]
            yield [(row, epoch) for row in members.tolist()]


def _parted(
    seconds: Seconds,
    max_seconds: float,
    max_utterances: int | None,
    windows: Rows | None,
) -> Buckets:
    order: Rows = np.argsort(seconds, kind="stable").astype(np.uint32)
    ends = [len(order)]
    if windows is not None and len(order):
        # A stable sort of what is sorted by duration keeps that order within each window.
        order = order[np.argsort(windows[order], kind="stable")]
        ends = np.cumsum(np.bincount(windows)).tolist()
    starts, sizes, first = [0], list[int](), [0]
    for end in ends:
        length, offset = seconds[order[starts[-1] : end]], starts[-1]

        def full(place: int, length: Seconds = length) -> int:
            return _size(float(length[place]), max_seconds, max_utterances)

        for bound in _bucket_ends(length, full):
            starts.append(offset + bound)
            sizes.append(full(bound - 1))
        first.append(len(sizes))
    return Buckets(order, np.array(starts), np.array(sizes, dtype=np.int64), first)


def _bucket_ends(length: Seconds, full: Callable[[int], int]) -> Iterator[int]:
    """Where the buckets of one window end.

    A bucket ends as soon as it has enough batches of the size that its longest utterance allows,
    or later if durations hardly grow further on. Short utterances, which weigh little, have longer
    ones among them, up to twice as long: a batch of nothing but single words has other statistics
    than those by which batch norm will hear a word alone.

    Args:
        full: utterances in a batch whose longest is at a place.
    """
    end, places = 0, range(len(length))
    while end < len(length):
        similar = int(np.searchsorted(length, length[end] * _WIDTH, side="right"))
        enough = 1 + bisect_left(places, end, key=lambda place: place + 1 - _MIX * full(place))
        twice = int(np.searchsorted(length, length[end] * 2, side="right"))
        end = max(similar, enough, min(twice, end + _MIX * full(end)))
        if len(length) - end < _MIX * full(-1):  # too few to mix: they join the bucket before
            end = len(length)
        yield end


def _size(longest: float, max_seconds: float, max_utterances: int | None) -> int:
    size = max(1, int(max_seconds / max(longest, 1e-3)))
    return min(size, max_utterances) if max_utterances else size
