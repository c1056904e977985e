"""What a language model must offer, and which file holds which kind."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from asr.errors import InputError
from asr.language.arpa import read_arpa
from asr.language.kenlm import KenlmModel, is_kenlm


class LanguageModel(Protocol):
    """The probability of a word after the words before it, of which a state tells all it needs."""

    @property
    def words(self) -> Sequence[str]:
        """What it knows; empty where the file does not tell."""

    def start(self) -> Any:
        """The state before the first word of a sentence."""

    def anywhere(self) -> Any:
        """The state after words that are not known, in which words have their unigrams."""

    def score(self, state: Any, word: str) -> tuple[Any, float]:
        """The state after ``word``, and log10 of its probability."""

    def finish(self, state: Any) -> float:
        """Log10 of the probability that the sentence ends here."""


def read_language_model(path: Path, words: Sequence[str] = ()) -> LanguageModel:
    """The model in an ARPA file, plain or gzipped, or in a binary of KenLM.

    Args:
        words: that will be asked for; a binary of KenLM needs them, as it does not tell its own.

    Raises:
        InputError: the file cannot be read, or is a binary and there are no words, or no KenLM.
    """
    if not is_kenlm(path):
        return read_arpa(path)
    if not words:
        raise InputError(
            f"{path}: a KenLM binary does not list its words; give them, by --lexicon or "
            "decoder.lexicon, or give the ARPA file"
        )
    return KenlmModel(path, words)
