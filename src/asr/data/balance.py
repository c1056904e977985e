"""Epochs that hold each class, or any other group, equally often."""

import json
from typing import Any

import numpy as np

from asr.data.index import Index
from asr.data.skipped import Rows
from asr.errors import InputError
from asr.keyed import key

Numbers = np.ndarray[Any, np.dtype[np.int64]]
_COLUMNS = ("label", "speaker", "text")


class Balance:
    """Draws as many utterances from each group, in every epoch.

    A group of ``n`` is gone through in rounds, each in an order of its own, and an epoch goes on
    where the one before it stopped: none is drawn again before all others of its group were. With
    ``g`` groups of ``n`` utterances altogether an epoch has ``g * ceil(n / g)``, so of a frequent
    group it holds a part, and those of a rare one several times.

    Args:
        groups: number of the group of each row, from 0, without gaps.
    """

    def __init__(self, groups: Numbers, seed: int) -> None:
        self.seed = seed
        self.members = [np.flatnonzero(groups == group) for group in range(groups.max() + 1)]
        self.quota = -(-len(groups) // len(self.members))

    def rows(self, epoch: int) -> Numbers:
        """The rows of an epoch, group by group; some may be there more than once."""
        begin = epoch * self.quota
        return np.concatenate(
            [self._drawn(group, begin, begin + self.quota) for group, _ in enumerate(self.members)]
        )

    def _drawn(self, group: int, begin: int, end: int) -> Numbers:
        """Part of the endless row of rounds through a group."""
        members = self.members[group]
        first, last = begin // len(members), -(-end // len(members))
        rounds = [members[self._order(group, number)] for number in range(first, last)]
        skipped = begin - first * len(members)
        return np.concatenate(rounds)[skipped : skipped + end - begin]

    def _order(self, group: int, number: int) -> Numbers:
        random = np.random.Philox(key=key(self.seed, "round", group, number))
        return np.random.Generator(random).permutation(len(self.members[group]))


def groups_by(index: Index, column: str) -> Numbers:
    """Number of the group that each row of ``index`` is in, by its value in ``column``.

    Raises:
        InputError: no row has a value there.
    """
    numbers, found = dict[str, int](), list[Rows]()
    for batch in index.columns(column if column in _COLUMNS else "extras"):
        coded = batch.column(0).dictionary_encode()
        values = coded.dictionary.to_pylist()
        if column not in _COLUMNS:
            values = [str(json.loads(extras).get(column, "")) for extras in values]
        coding = [numbers.setdefault(value, len(numbers)) for value in values]
        found.append(np.array(coding, np.uint32)[coded.indices.to_numpy()])
    if not any(numbers):
        extras = sorted({name for utterance in index for name in utterance.extras})
        raise InputError(
            f"data.balance: no training utterance has a {column!r}; choose one of "
            f"{', '.join([*_COLUMNS, *extras])} that they have, or null"
        )
    sorted_numbers: Numbers = np.empty(len(numbers), np.int64)
    sorted_numbers[[numbers[value] for value in sorted(numbers)]] = np.arange(len(numbers))
    return sorted_numbers[np.concatenate(found)]


def times_before(rows: Numbers) -> Numbers:
    """How often each row was there before.

    >>> times_before(np.array([7, 8, 7, 7])).tolist()
    [0, 0, 1, 2]
    """
    order = np.argsort(rows, kind="stable")
    sorted_rows = rows[order]
    begins = np.searchsorted(sorted_rows, sorted_rows)
    found: Numbers = np.empty(len(rows), np.int64)
    found[order] = np.arange(len(rows)) - begins
    return found
