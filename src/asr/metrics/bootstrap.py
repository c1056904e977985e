"""How far a rate may lie from what was measured, had other speakers been recorded."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Numbering = np.ndarray[Any, np.dtype[np.int64]]
_AT_ONCE = 1 << 22  # blocks drawn before they are summed, which bounds the memory


class Blocks(NamedTuple):
    """Which utterances stand or fall together.

    Attributes:
        number: of the block of each utterance, from 0.
        total: how many blocks there are.
        by: ``"speaker"`` or ``"utterance"``.
    """

    number: Numbering
    total: int
    by: str


def blocks_of(speakers: Sequence[str]) -> Blocks:
    """A block for each speaker; for each utterance where fewer than two speakers are known.

    An utterance whose speaker is not known is a block of its own.

    >>> blocks_of(["ann", "bob", "ann", ""]).number.tolist()
    [0, 1, 0, 2]
    """
    known = set(speakers) - {""}
    if len(known) < 2:
        return Blocks(np.arange(len(speakers)), len(speakers), "utterance")
    numbers: dict[object, int] = {}
    names = [name or row for row, name in enumerate(speakers)]
    number = [numbers.setdefault(name, len(numbers)) for name in names]
    return Blocks(np.array(number, np.int64), len(numbers), "speaker")


def resampled(values: Numbers, blocks: Blocks, *, resamples: int = 2000, seed: int = 0) -> Numbers:
    """Sums of each column over as many blocks as there are, drawn with replacement.

    The same seed and blocks draw the same, so that columns can be divided by, or taken from,
    each other: a rate, or the difference of two systems on the same utterances. The blocked
    bootstrap of Bisani & Ney (2004, "Bootstrap estimates for confidence intervals in ASR
    performance evaluation", section 2).

    Shape: values ``(utterances, columns)`` to ``(resamples, columns)``.

    Raises:
        ValueError: there are no utterances, or fewer than one resample.
    """
    if resamples < 1 or not blocks.total:
        raise ValueError(
            f"expected utterances and one resample or more, got {blocks.total} blocks and "
            f"{resamples} resamples"
        )
    sums = np.zeros((blocks.total, values.shape[1]))
    np.add.at(sums, blocks.number, values)
    return np.concatenate([drawn @ sums for drawn in _drawn(blocks.total, resamples, seed)])


def interval(statistics: Numbers, level: float = 0.95) -> tuple[float, float]:
    """The middle part of the resampled statistics, ``level`` of them.

    >>> interval(np.arange(101.0), 0.9)
    (5.0, 95.0)
    """
    outside = round((1 - level) / 2, 12)  # 0.95 has no exact half
    # No interpolation: between a number and infinity there is nothing.
    bounds: Numbers = np.quantile(statistics, [outside, 1 - outside], method="inverted_cdf")
    return float(bounds[0]), float(bounds[1])


def divided(parts: Numbers, wholes: Numbers) -> Numbers:
    """Elementwise; nothing in nothing is 0, something in nothing infinite."""
    empty = np.where(parts > 0, np.inf, 0.0)
    return np.where(wholes > 0, parts / np.maximum(wholes, 1), empty)


def _drawn(blocks: int, resamples: int, seed: int) -> Iterator[Numbers]:
    """How often each block was drawn, ``(some resamples, blocks)`` at a time."""
    random = np.random.default_rng(seed)
    rows = max(1, _AT_ONCE // blocks)
    for begin in range(0, resamples, rows):
        count = min(rows, resamples - begin)
        drawn = random.integers(0, blocks, (count, blocks))
        cells = drawn + blocks * np.arange(count)[:, None]
        weights = np.bincount(cells.ravel(), minlength=count * blocks)
        yield weights.reshape(count, blocks).astype(np.float64)
