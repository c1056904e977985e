"""What is known of words without hearing them, as one number that a search adds."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from asr.language.hot_words import HotWords
from asr.language.language_model import LanguageModel

_LN10 = math.log(10)


class _State(NamedTuple):
    model: Any
    hot: tuple[str, ...]


class WordScores:
    """Language model, word bonus and hot words, in natural logarithms.

    A transcript W gains ``weight * ln P(W) + bonus * |W|`` and the boosts of the hot words in it.

    Args:
        model: ``None`` where all words are as probable.
        weight: of the language model, from 0.
        bonus: of each word; makes up for the words that a language model takes away.
    """

    def __init__(
        self,
        model: LanguageModel | None,
        *,
        weight: float = 1.0,
        bonus: float = 0.0,
        hot: HotWords | None = None,
    ) -> None:
        self.model, self.weight, self.bonus, self.hot = model, weight, bonus, hot
        self._scale = weight * _LN10
        self._rarest = -math.inf  # log10, below which no hot word that the model lacks falls
        self._strangers: frozenset[str] = frozenset()
        if model is not None and hot is not None and model.words:
            known = set(model.words)
            self._strangers = frozenset(hot.words) - known
            self._rarest = min(model.score(model.anywhere(), word)[1] for word in known)

    def start(self) -> _State:
        """Before the first word."""
        model = self.model.start() if self.model is not None else None
        return _State(model, self.hot.start() if self.hot else ())

    def score(self, state: _State, word: str) -> tuple[_State, float]:
        """The state after ``word``, and what it adds."""
        model, hot, total = state.model, state.hot, self.bonus
        if self.model is not None:
            model, log10 = self.model.score(model, word)
            # A name that somebody asks for is not as improbable as any string of letters.
            total += self._scale * (max(log10, self._rarest) if word in self._strangers else log10)
        if self.hot is not None:
            hot, gained = self.hot.score(hot, word)
            total += gained
        return _State(model, hot), total

    def finish(self, state: _State) -> float:
        """What the end of the transcript adds."""
        end = self._scale * self.model.finish(state.model) if self.model is not None else 0.0
        return end + (self.hot.finish(state.hot) if self.hot else 0.0)

    def sentence(self, words: Sequence[str]) -> float:
        """What a whole transcript gains."""
        state, total = self.start(), 0.0
        for word in words:
            state, gained = self.score(state, word)
            total += gained
        return total + self.finish(state)

    def ahead(self, word: str) -> float:
        """What a word adds whatever stands before it, to choose among beginnings of words."""
        model = self.model.anywhere() if self.model is not None else None
        return self.score(_State(model, ()), word)[1]
