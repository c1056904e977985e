"""Finding what occurs twice among millions, at a few bytes each."""

from collections.abc import Sequence
from typing import Any

import numpy as np

Hashes = np.ndarray[Any, np.dtype[np.int64]]


class Repeats:
    """Remembers the hashes of what it was shown, in sorted arrays of growing size.

    >>> repeats = Repeats()
    >>> repeats.among(["a", "b", "a"]), repeats.among(["c", "b"])
    ([2], [1])
    """

    def __init__(self) -> None:
        self._levels: list[Hashes] = []

    def among(self, names: Sequence[str]) -> list[int]:
        """Positions of the names that are like one before them, here or in an earlier call.

        Equal hashes of 64 bits tell, so whoever refuses a name for it should first look.
        """
        hashes: Hashes = np.fromiter(map(hash, names), np.int64, len(names))
        order = hashes.argsort(kind="stable")
        ordered = hashes[order]
        repeated: np.ndarray[Any, np.dtype[np.bool_]] = np.zeros(len(names), np.bool_)
        repeated[order[1:]] = ordered[1:] == ordered[:-1]
        for level in self._levels:
            place = np.minimum(np.searchsorted(level, ordered), len(level) - 1)
            repeated[order] |= level[place] == ordered
        self._remember(ordered)
        return np.flatnonzero(repeated).tolist()

    def _remember(self, hashes: Hashes) -> None:
        # Merged as in a merge sort from below: each hash moves a logarithmic number of times.
        while len(hashes) and self._levels and len(self._levels[-1]) < 2 * len(hashes):
            hashes = np.sort(np.concatenate([self._levels.pop(), hashes]), kind="stable")
        if len(hashes):
            self._levels.append(hashes)
