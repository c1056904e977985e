"""What stands between text and the integer tokens that a model predicts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol


class Vocabulary(Protocol):
    """What a vocabulary file must provide.

    A vocabulary is either given its units by the config or learns them from the training
    transcripts, once; from then on it is data that travels with the model.
    """

    def __len__(self) -> int:
        """Tokens that there are, without the CTC blank, which is not a symbol of text."""

    @property
    def symbols(self) -> Sequence[str]:
        """What each token is called, in token order."""

    @property
    def arguments(self) -> Mapping[str, Any]:
        """Constructor arguments, in plain JSON values, that make this vocabulary again."""

    def fitted(self, texts: Iterable[str]) -> "Vocabulary":
        """This vocabulary if its units are known, else one that learnt them from ``texts``."""

    def normalize(self, text: str) -> str:
        """The text as the model is taught and scored on it."""

    def encode(self, text: str) -> list[int]:
        """Tokens of normalised text; what has no token is left out, see :meth:`unknown`."""

    def decode(self, tokens: Sequence[int]) -> str:
        """The text that ``tokens`` spell."""

    def unknown(self, text: str) -> Counter[str]:
        """What in normalised text has no token."""
