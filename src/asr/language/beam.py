"""Beam search for words: a lexicon, a language model and hot words over any CTC model.

A transcript W scores ``ln P(tokens of W) + weight * ln P_lm(W) + bonus * |W|`` and the boosts of
the hot words in it, the first summed over all alignments. Flashlight or our own search proposes
transcripts; their exact score decides, so that both give the same wherever both have found it.
"""

import math
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from torch import Tensor

from asr.decoding.exact_score import exact_scores
from asr.decoding.hypothesis import Hypothesis
from asr.decoding.prefix_beam import WIDEST
from asr.errors import InputError
from asr.language.arpa import ArpaModel
from asr.language.flashlight import flashlight
from asr.language.flashlight_search import FlashlightSearch
from asr.language.hot_words import HotWords, read_hot_words
from asr.language.kenlm import native
from asr.language.language_model import LanguageModel, read_language_model
from asr.language.lexicon import Lexicon, joined, read_lexicon, spelt
from asr.language.limits import Limits
from asr.language.word_scores import WordScores
from asr.language.word_search import WordSearch
from asr.padded import Padded
from asr.text.vocabulary import Vocabulary

_Search = Callable[[Tensor, int], list[tuple[int, ...]]]
_KENLM_ORDERS = range(2, 7)  # that flashlight's KenLM is built for


@dataclass(frozen=True, slots=True)
class Beam:
    """What to search with; it becomes a decoder once the vocabulary is known.

    Attributes:
        lm: file of a language model, ARPA (also .gz) or a binary of KenLM.
        lexicon: file of the words that can be heard; those of the language model if not given.
        hot_words: file of words and phrases to be heard more readily.
        lm_weight: of the language model, from 0.
        word_bonus: that each word adds.
        width: beginnings of transcripts kept after each frame.
        classes: most probable classes tried in each frame.
        threshold: beginnings this much worse than the best are dropped, in natural logarithms.
        search: ``"flashlight"``, ``"python"``, or ``"auto"``: the first if it is installed.
    """

    lm: str | None = None
    lexicon: str | None = None
    hot_words: str | None = None
    lm_weight: float = 0.5
    word_bonus: float = 0.0
    width: int = 16
    classes: int = 32
    threshold: float = 25.0
    search: Literal["auto", "flashlight", "python"] = "auto"

    def __post_init__(self) -> None:
        if self.width < 1 or self.classes < 1:
            raise ValueError(
                f"width and classes must be at least 1, got {self.width} and {self.classes}"
            )
        if self.width > WIDEST:
            raise ValueError(f"width must be at most {WIDEST}, got {self.width}")
        if not (0 <= self.lm_weight < math.inf and self.threshold > 0):  # which NaN is not
            raise ValueError(
                f"lm_weight must be 0 or more and threshold above 0, got {self.lm_weight:g} and "
                f"{self.threshold:g}"
            )
        if not math.isfinite(self.word_bonus):
            raise ValueError(f"word_bonus must be a finite number, got {self.word_bonus:g}")
        if self.lm is None and self.lexicon is None:
            raise ValueError("a word beam needs lm or lexicon, or both; for neither: prefix_beam")
        if self.search == "flashlight" and flashlight() is None:
            raise InputError(
                "search: flashlight is not installed: pip install -e '.[beam]' (Python 3.10 to "
                "3.12), or use search auto or python"
            )

    def fitted(self, vocabulary: Vocabulary) -> "WordBeam":
        """The decoder for models with this vocabulary.

        Raises:
            InputError: a file cannot be used, or none of its words can be spelt.
        """
        return WordBeam(self, vocabulary)


class WordBeam:
    """A decoder that hears only words of its lexicon.

    Raises:
        InputError: see :meth:`Beam.fitted`.
    """

    def __init__(self, settings: Beam, vocabulary: Vocabulary) -> None:
        given = read_lexicon(Path(settings.lexicon), vocabulary) if settings.lexicon else None
        model = _model(settings, given)
        lexicon = given or spelt(model.words if model else (), vocabulary)
        hot = None
        if settings.hot_words is not None:
            hot = read_hot_words(Path(settings.hot_words))
            hot = hot.normal(set(lexicon.words), vocabulary.normalize)
            lexicon = joined(lexicon, spelt(hot.words, vocabulary))
            if strangers := sorted(set(hot.words) - set(lexicon.words)):
                raise InputError(
                    f"{settings.hot_words}: {strangers[0]!r} cannot be spelt in the symbols of the "
                    "model; remove it"
                )
        if not lexicon.spellings:
            raise InputError(
                f"{settings.lm}: the model has the symbols to spell none of its words; give a "
                "language model of the same language and case, or a lexicon"
            )
        self.lexicon, self._file = lexicon, settings.lm
        self._weigh(settings, model, hot)

    def __deepcopy__(self, memo: object) -> "WordBeam":
        """Itself: nothing in it changes, and flashlight's part of it cannot be copied."""
        return self

    def weighed(self, settings: Beam) -> "WordBeam":
        """The same words and language model with the weight and bonus of ``settings``."""
        other = copy(self)
        other._weigh(settings, self.scores.model, self.scores.hot)
        return other

    def _weigh(self, settings: Beam, model: LanguageModel | None, hot: HotWords | None) -> None:
        self.scores = WordScores(
            model, weight=settings.lm_weight, bonus=settings.word_bonus, hot=hot
        )
        self.search = self._made_search(settings)

    def _made_search(self, settings: Beam) -> _Search:
        limits = Limits(settings.width, settings.classes, settings.threshold)
        if settings.search == "python" or flashlight() is None:
            return WordSearch(self.lexicon, self.scores, limits)
        own = self._kenlm if _suits_kenlm(settings, self.lexicon, self.scores) else None
        return FlashlightSearch(self.lexicon, self.scores, limits, own)

    @cached_property
    def _kenlm(self) -> Any:
        """Flashlight's own model over the spellings, which is read once for all weights."""
        words = [spelling.word for spelling in self.lexicon.spellings]
        return native(Path(self._file or ""), words)

    def __call__(self, logits: Padded, blank: int) -> list[list[int]]:
        """Token sequences for logits of shape ``(batch, classes, time)``."""
        return [list(best[0].tokens) for best in self.n_best(logits, blank, 1)]

    def n_best(self, logits: Padded, blank: int, count: int) -> list[list[Hypothesis]]:
        """The best transcripts of each utterance, at least one and at most ``count``."""
        scores = logits.values.detach().float().cpu().log_softmax(dim=1).transpose(1, 2)
        return [
            self.ranked(frames[:length], blank)[:count]
            for frames, length in zip(scores, logits.lengths.tolist(), strict=True)
        ]

    def ranked(self, frames: Tensor, blank: int) -> list[Hypothesis]:
        """All that the search proposes for one utterance, by its exact score.

        Args:
            frames: log-probabilities ``(time, classes)``.
        """
        added: dict[tuple[int, ...], float] = {}
        for spellings in self.search(frames, blank):
            words = [self.lexicon.spellings[position].word for position in spellings]
            tokens, gained = self.tokens(spellings), self.scores.sentence(words)
            added[tokens] = max(added.get(tokens, gained), gained)
        heard = exact_scores(frames, list(added), blank)
        found = [
            Hypothesis(tokens, acoustic + gained)
            for acoustic, (tokens, gained) in zip(heard, added.items(), strict=True)
        ]
        return sorted(found, key=lambda each: (-each.score, each.tokens))

    def tokens(self, spellings: Sequence[int]) -> tuple[int, ...]:
        """The tokens of words, given as positions of spellings in the lexicon."""
        separator = self.lexicon.separator
        between = () if separator is None else (separator,)
        words = [self.lexicon.spellings[position].tokens for position in spellings]
        return tuple(
            token
            for number, word in enumerate(words)
            for token in ((*between, *word) if number else word)
        )


def _model(settings: Beam, lexicon: Lexicon | None) -> LanguageModel | None:
    if settings.lm is None:
        return None
    return read_language_model(Path(settings.lm), lexicon.words if lexicon else ())


def _suits_kenlm(settings: Beam, lexicon: Lexicon, scores: WordScores) -> bool:
    """Whether flashlight's KenLM can weigh the words as we do, which is faster."""
    # It knows neither hot words nor several spellings of a word, reads no gzip, no unigrams and
    # nothing longer than six words.
    if settings.lm is None or settings.lm.endswith(".gz"):
        return False
    if isinstance(scores.model, ArpaModel) and scores.model.order not in _KENLM_ORDERS:
        return False
    words = [spelling.word for spelling in lexicon.spellings]
    return scores.hot is None and scores.weight > 0 and len(set(words)) == len(words)
