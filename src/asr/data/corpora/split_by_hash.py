"""Splits for corpora that come without any."""

import hashlib
from dataclasses import dataclass

from asr.data.utterance import Split
from asr.errors import InputError


@dataclass(frozen=True, slots=True)
class SplitByHash:
    """Assigns a key, such as a speaker, to a split: always the same one, on every machine.

    It depends on nothing but the key, so that adding recordings moves no other. The shares are
    reached on average only: ten speakers may well fall 9, 0 and 1.

    Attributes:
        val: share of the keys for validation, in [0, 1).
        test: share of the keys for testing, in [0, 1).

    Raises:
        InputError: the shares leave nothing to train on.

    >>> SplitByHash(val=0.1, test=0.1)("p225")
    'test'
    """

    val: float
    test: float

    def __post_init__(self) -> None:
        if self.val < 0 or self.test < 0 or not self.val + self.test < 1:
            raise InputError(
                f"val={self.val:g} and test={self.test:g} are shares of the corpus; "
                "give numbers from 0 that add up to less than 1"
            )

    def __call__(self, key: str) -> Split:
        digest = hashlib.sha256(key.encode(errors="surrogateescape")).digest()
        place = int.from_bytes(digest[:8], "big") / 2**64  # in [0, 1)
        if place < self.test:
            return "test"
        return "val" if place < self.test + self.val else "train"
