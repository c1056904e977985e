"""One of the transcripts that a search thinks possible."""

from typing import NamedTuple


class Hypothesis(NamedTuple):
    """Tokens, and how good they are.

    Attributes:
        score: natural logarithm of the tokens' probability, summed over all alignments; with
            words, what language model, bonus and hot words add is in it.
    """

    tokens: tuple[int, ...]
    score: float
