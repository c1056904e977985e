"""Whether two systems differ by more than chance, from the same utterances heard by both."""

from collections.abc import Sequence
from math import erfc, exp, lgamma, log, sqrt
from typing import NamedTuple

import numpy as np

from asr.metrics.alignment import Pair, aligned
from asr.metrics.bootstrap import Numbers

_MANY = 50  # segments from which on their mean is taken to be normal


class MatchedPairs(NamedTuple):
    """Whether one system makes more errors, segment by segment.

    Attributes:
        segments: in which at least one of both errs.
        difference: errors of the second less those of the first, over all.
        p: two-sided.
        exact: whether it counts all ways in which the errors could be swapped; else it is that
            of a normal distribution.
    """

    segments: int
    difference: int
    p: float
    exact: bool


def matched_pairs(differences: Sequence[int]) -> MatchedPairs:
    """The matched-pairs test of word errors.

    Gillick & Cox (1989, "Some statistical issues in the comparison of speech recognition
    algorithms", section 3). It rests on many segments: below fifty, all ways to swap the two
    systems within segments are counted instead, which rests on nothing.

    Args:
        differences: of errors in each segment, see :func:`segment_differences`.
    """
    total, count = int(sum(differences)), len(differences)
    if count < _MANY:
        return MatchedPairs(count, total, _swapped(differences), exact=True)
    # Under the hypothesis the mean is 0, so the spread is taken around 0.
    spread = sqrt(sum(difference**2 for difference in differences))
    p = erfc(abs(total) / spread / sqrt(2)) if spread else 1.0
    return MatchedPairs(count, total, p, exact=False)


def segment_differences(reference: str, first: str, second: str) -> list[int]:
    """Errors of ``second`` less those of ``first`` in each segment of an utterance with errors.

    Segments are parted by two or more words in a row that both have right, so that an error in
    one does not bring about another in the next.

    >>> segment_differences("a b c d e f", "x b c d e f", "a b c d y z f")
    [-1, 2]
    """
    said = reference.split()
    errors = [_errors(aligned(text.split(), said), len(said)) for text in (first, second)]
    steps = list(zip(*errors, strict=True))  # insertions, word, insertions, word ... insertions
    segments, current, run = list[tuple[int, int]](), (0, 0), 0
    for place, (left, right) in enumerate(steps):
        current = (current[0] + left, current[1] + right)
        run = 0 if left or right else run + place % 2
        if run >= 2:
            segments.append(current)
            current = (0, 0)
    return [right - left for left, right in [*segments, current] if left or right]


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p of McNemar's test (1947) on utterances that one system alone has right.

    >>> mcnemar(0, 5)
    0.0625
    """
    count, least = only_first + only_second, min(only_first, only_second)
    tail = sum(
        exp(lgamma(count + 1) - lgamma(k + 1) - lgamma(count - k + 1) - count * log(2))
        for k in range(least + 1)
    )
    return min(1.0, round(2 * tail, 12))


def bootstrap_p(differences: Numbers) -> float:
    """Two-sided p of resampled differences: how often they lie on the other side of 0, doubled."""
    count = len(differences)
    below, above = int((differences <= 0).sum()), int((differences >= 0).sum())
    return min(1.0, 2 * (min(below, above) + 1) / (count + 1))


def holm(p: Sequence[float]) -> list[float]:
    """The p of several tests, so that all hold at once (Holm, 1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted, highest = [1.0] * len(p), 0.0
    for rank, place in enumerate(sorted(range(len(p)), key=lambda place: p[place])):
        highest = max(highest, min(1.0, (len(p) - rank) * p[place]))
        adjusted[place] = highest
    return adjusted


def _swapped(differences: Sequence[int]) -> float:
    """Share of all sign changes that give a total as far from 0 as what was found."""
    reach = sum(map(abs, differences))
    ways: Numbers = np.ones(1)
    for difference in map(abs, differences):
        longer = np.zeros(len(ways) + 2 * difference)
        longer[: len(ways)] += ways / 2
        longer[2 * difference :] += ways / 2
        ways = longer
    far = np.abs(np.arange(-reach, reach + 1)) >= abs(sum(differences))
    return min(1.0, float(ways[far].sum()))


def _errors(pairs: Sequence[Pair], words: int) -> list[int]:
    """Errors before the first word, in it, between it and the next, ..., after the last."""
    errors, place = [0] * (2 * words + 1), 0
    for said, heard in pairs:
        if said is None:
            errors[2 * place] += 1
            continue
        errors[2 * place + 1] = int(said != heard)
        place += 1
    return errors
