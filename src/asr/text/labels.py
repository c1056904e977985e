"""The classes of a classification task."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from asr.errors import InputError


class Labels:
    """One token for each class; a text is one label.

    >>> Labels(["cat", "dog"]).encode("dog")
    [1]

    Args:
        units: labels in token order; ``None`` learns them from the training data, sorted.
        counts: training utterances of each label, from which class weights are made.

    Raises:
        ValueError: a label is repeated or empty, or the counts do not match.
    """

    def __init__(
        self, units: Sequence[str] | None = None, *, counts: Sequence[int] | None = None
    ) -> None:
        self.learned = units is not None
        self.symbols = tuple(units or ())
        self.counts = tuple(counts) if counts is not None else None
        self._token = {text: token for token, text in enumerate(self.symbols)}
        if len(self._token) != len(self.symbols) or "" in self._token:
            raise ValueError(f"labels must differ and not be empty, got {list(self.symbols)}")
        if self.counts is not None and len(self.counts) != len(self.symbols):
            raise ValueError(f"{len(self.symbols)} labels but {len(self.counts)} counts")

    def __len__(self) -> int:
        return len(self.symbols)

    @property
    def arguments(self) -> Mapping[str, Any]:
        counts = None if self.counts is None else list(self.counts)
        return {"units": list(self.symbols), "counts": counts}

    def fitted(self, texts: Iterable[str]) -> "Labels":
        found = Counter(map(self.normalize, texts))
        found.pop("", None)
        units = self.symbols if self.learned else tuple(sorted(found))
        if not units:
            raise InputError("no labels to learn: the training utterances have none")
        return Labels(units, counts=[found[unit] for unit in units])

    def normalize(self, text: str) -> str:
        return unicodedata.normalize("NFC", text.strip())

    def encode(self, text: str) -> list[int]:
        return [self._token[text]] if text in self._token else []

    def decode(self, tokens: Sequence[int]) -> str:
        return " ".join(self.symbols[token] for token in tokens)

    def unknown(self, text: str) -> Counter[str]:
        return Counter() if text in self._token else Counter([text])
