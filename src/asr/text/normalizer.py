"""How a transcript is brought into the form that the model is taught and scored on."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal


@dataclass(frozen=True, slots=True)
class Normalizer:
    r"""Unicode composition, case, punctuation and white space, in this order.

    >>> Normalizer(case="lower", punctuation="remove")("  Don't\tSTOP -- now!")
    "don't stop now"

    Attributes:
        case: ``"lower"``, ``"upper"`` or ``"keep"``.
        punctuation: ``"remove"`` puts a space for punctuation and symbols; ``"keep"`` keeps them.
        spare: punctuation to keep all the same.
    """

    case: Literal["lower", "upper", "keep"] = "lower"
    punctuation: Literal["remove", "keep"] = "remove"
    spare: str = "'"

    def __call__(self, text: str) -> str:
        text = unicodedata.normalize("NFC", text)
        if self.case == "lower":
            text = text.lower()
        elif self.case == "upper":
            text = text.upper()
        if self.punctuation == "remove":
            text = text.translate(_spaces(self.spare))
        # Lower-casing may decompose ("İ"), so the text is composed again at the end.
        return unicodedata.normalize("NFC", " ".join(text.split()))


class _Spaces(dict[int, str]):
    """What to put for a symbol, found once for each that occurs."""

    def __init__(self, spare: str) -> None:
        super().__init__()
        self._spare = spare

    def __missing__(self, code: int) -> str:
        symbol = chr(code)
        punctuation = unicodedata.category(symbol)[0] in "PSC" and symbol not in self._spare
        return self.setdefault(code, " " if punctuation else symbol)


_spaces = lru_cache(maxsize=16)(_Spaces)
