"""The beam search of flashlight-text over the words of a lexicon (Kahn et al., 2022)."""

import math
from typing import Any

import torch
from torch import Tensor

from asr.language.flashlight import flashlight
from asr.language.lexicon import Lexicon
from asr.language.limits import Limits
from asr.language.word_scores import WordScores

_NEVER = -1e9  # as good as minus infinity, and can be added to
_LN10 = math.log(10)


class FlashlightSearch:
    """Follows the best alignment of each beginning of a transcript that the lexicon allows.

    Flashlight leaves a word with the first frame of its last token, and lets only its silence
    be repeated there. So a word is spelt with an end: the separator, which is the silence too, or
    where there is none an extra class as probable as the blank, beside a silence that is never
    probable. One frame more lets the last word end. What that still puts too low while it
    searches is, without a separator, a word whose last token is held right up to the next word.

    Args:
        native: a language model of flashlight's own over the words of the spellings, in place
            of that in ``scores``.
    """

    def __init__(
        self, lexicon: Lexicon, scores: WordScores, limits: Limits, native: Any = None
    ) -> None:
        self.lexicon, self.scores, self.limits, self.native = lexicon, scores, limits, native
        self._tries: dict[int, Any] = {}  # by the number of classes

    def __call__(self, frames: Tensor, blank: int) -> list[tuple[int, ...]]:
        """What may have been said, as positions of spellings, not in order.

        Args:
            frames: log-probabilities ``(time, classes)`` of one utterance.
        """
        library, classes = flashlight(), frames.shape[1]
        separator = self.lexicon.separator
        end, never = classes, classes + 1
        extended = torch.full((len(frames) + 1, classes + 2), _NEVER)
        extended[:-1, :classes] = frames
        extended[:-1, end] = frames[:, blank]
        extended[-1, [blank, end if separator is None else separator]] = 0.0
        scale, bonus = (1.0, 0.0)
        if self.native is not None:
            scale, bonus = self.scores.weight * _LN10, self.scores.bonus
        # What ends in a blank and what ends in a token are two beginnings here, one in ours.
        options = library.LexiconDecoderOptions(
            2 * self.limits.width, min(self.limits.classes + 1, classes + 2), self.limits.threshold,
            scale, bonus, -math.inf, 0.0, False, library.CriterionType.CTC,
        )  # fmt: skip
        model = self.native or _adapted(self.scores, self.lexicon)
        silence = never if separator is None else separator
        trie = self._trie(classes, scale)
        decoder = library.LexiconDecoder(options, trie, model, silence, blank, -1, [], False)
        found = decoder.decode(extended.data_ptr(), *extended.shape)
        words = [tuple(s for s in each.words if s >= 0) for each in found]
        return list(dict.fromkeys(words))

    def _trie(self, classes: int, scale: float) -> Any:
        if classes not in self._tries:
            library, separator = flashlight(), self.lexicon.separator
            trie = library.Trie(classes + 2, classes + 1)
            for position, (word, tokens) in enumerate(self.lexicon.spellings):
                ahead = self.scores.ahead(word)
                if self.native is not None:
                    ahead = (ahead - self.scores.bonus) / scale if scale else 0.0
                trie.insert([*tokens, classes if separator is None else separator], position, ahead)
                if separator is None:
                    trie.insert(list(tokens), position, ahead)
            trie.smear(library.SmearingMode.MAX)
            self._tries[classes] = trie
        return self._tries[classes]


def _adapted(scores: WordScores, lexicon: Lexicon) -> Any:
    """A language model for flashlight that asks ours."""
    library = flashlight()
    words = [spelling.word for spelling in lexicon.spellings]

    class Adapted(library.LM):  # type: ignore[misc, name-defined]
        def start(self, start_with_nothing: bool) -> Any:
            state = library.LMState()
            self.ours = {state: scores.start()}
            return state

        def score(self, state: Any, position: int) -> tuple[Any, float]:
            ours, gained = scores.score(self.ours[state], words[position])
            after = state.child(position)
            self.ours[after] = ours
            return after, gained

        def finish(self, state: Any) -> tuple[Any, float]:
            return state, scores.finish(self.ours[state])

    return Adapted()
