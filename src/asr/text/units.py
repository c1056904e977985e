"""Vocabularies of characters, plain or marked where a word begins, and of whole words."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from asr.errors import InputError
from asr.text.normalizer import Normalizer

Unit = Literal["character", "marked", "word"]
_NAMES = {"character": "characters", "marked": "characters", "word": "words"}
_MARK = "▁"  # as SentencePiece writes it


class Units:
    """An ordered set of characters or words.

    A marked character tells whether it begins a word, so no token stands for the silence
    between words, which often is not there, and a letter that is spelled out is another unit
    than the same letter inside a word.

    >>> letters = Units("character", units=["a", "b", "c", " "])
    >>> letters.encode("a cab")
    [0, 3, 2, 0, 1]
    >>> letters.decode([0, 3, 2, 0, 1])
    'a cab'
    >>> Units("marked").fitted(["a cab"]).symbols
    ('a', 'b', '▁a', '▁c')

    Args:
        unit: whether text is split into ``"character"``, ``"marked"`` character, or
            space-separated ``"word"``.
        units: in token order, from 0; ``None`` learns them from the training transcripts,
            in sorted order.
        normalizer: applied to every transcript before it is split.

    Raises:
        ValueError: a unit is repeated or empty, or a word holds white space.
    """

    def __init__(
        self,
        unit: Unit,
        *,
        units: Sequence[str] | None = None,
        normalizer: Normalizer | None = None,
    ) -> None:
        self.unit: Unit = unit
        self.normalizer = normalizer or Normalizer()
        self.learned = units is not None
        self.symbols = tuple(units or ())
        self._token = {text: token for token, text in enumerate(self.symbols)}
        repeated = sorted(text for text, n in Counter(self.symbols).items() if n > 1)
        if repeated:
            raise ValueError(f"each unit must appear once, but these repeat: {repeated}")
        bad = [text for text in self.symbols if not self._is_unit(text)]
        if bad:
            raise ValueError(f"not single {_NAMES[unit]}: {bad[:5]}; split or remove them")

    def __len__(self) -> int:
        return len(self.symbols)

    @property
    def arguments(self) -> Mapping[str, Any]:
        return {
            "unit": self.unit,
            "units": list(self.symbols),
            "normalizer": {"_target_": _NORMALIZER, **asdict(self.normalizer)},
        }

    def fitted(self, texts: Iterable[str]) -> "Units":
        if self.learned:
            return self
        found = {piece for text in texts for piece in self._split(self.normalize(text))}
        if not found:
            raise InputError(f"no {_NAMES[self.unit]} to learn: the training transcripts are empty")
        return Units(self.unit, units=sorted(found), normalizer=self.normalizer)

    def normalize(self, text: str) -> str:
        normal = self.normalizer(text)
        return " ".join(normal.replace(_MARK, " ").split()) if self.unit == "marked" else normal

    def encode(self, text: str) -> list[int]:
        return [self._token[piece] for piece in self._split(text) if piece in self._token]

    def decode(self, tokens: Sequence[int]) -> str:
        separator = " " if self.unit == "word" else ""
        text = separator.join(self.symbols[token] for token in tokens)
        return " ".join(text.replace(_MARK, " ").split() if self.unit == "marked" else text.split())

    def unknown(self, text: str) -> Counter[str]:
        pieces = self._split(text)
        if self._token.keys() >= set(pieces):  # as nearly always, and quickly told
            return Counter()
        return Counter(piece for piece in pieces if piece not in self._token)

    def _split(self, text: str) -> Sequence[str]:
        if self.unit == "character":
            return text
        if self.unit == "word":
            return text.split()
        return [_MARK * (i == 0) + symbol for word in text.split() for i, symbol in enumerate(word)]

    def _is_unit(self, text: str) -> bool:
        if self.unit == "word":
            return text.split() == [text]
        return len(text.removeprefix(_MARK) if self.unit == "marked" else text) == 1


_NORMALIZER = f"{Normalizer.__module__}.{Normalizer.__qualname__}"
