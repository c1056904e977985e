"""Prefix beam search over the words of a lexicon, in Python (Hannun et al., 2014, algorithm 1)."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from asr.decoding.log_sum import log_sum
from asr.language.lexicon import Lexicon
from asr.language.limits import Limits
from asr.language.prefix_tree import ROOT, PrefixTree
from asr.language.word_scores import WordScores

_NEVER = -math.inf
_AFTER = -1  # the place after a word, where a separator must come before the next


class _Said:
    """The words of a beginning of a transcript; each beginning is one object."""

    __slots__ = ("before", "last", "longer", "score", "spelling", "state")

    def __init__(
        self, before: "_Said | None", spelling: int, last: int, state: Any, score: float
    ) -> None:
        self.before, self.spelling, self.last = before, spelling, last
        self.state, self.score = state, score
        self.longer: dict[int, _Said] = {}

    @property
    def spellings(self) -> tuple[int, ...]:
        found: list[int] = []
        said: _Said | None = self
        while said is not None and said.before is not None:
            found.append(said.spelling)
            said = said.before
        return tuple(reversed(found))


_Place = tuple[_Said, int]  # the words that are said, and the node of the tree, or after a word
_Beam = dict[_Place, tuple[float, float]]  # log-probabilities: of ending in blank, and in a token


class WordSearch:
    """Sums over the alignments of each beginning of a transcript that the lexicon allows."""

    def __init__(self, lexicon: Lexicon, scores: WordScores, limits: Limits) -> None:
        self.lexicon, self.scores, self.limits = lexicon, scores, limits
        self._tree = PrefixTree(lexicon.spellings, scores.ahead)
        separator = lexicon.separator
        self._spaced = separator is not None
        self._space = -1 if separator is None else separator
        self._outside = _AFTER if self._spaced else ROOT  # where a word has ended
        self._following = [*self._tree.children, {self._space: ROOT}]  # the last, of _AFTER

    def __call__(self, frames: Tensor, blank: int) -> list[tuple[int, ...]]:
        """What may have been said, as positions of spellings, the best first.

        Args:
            frames: log-probabilities ``(time, classes)`` of one utterance.
        """
        begin = _Said(None, -1, -1, self.scores.start(), 0.0)
        beam: _Beam = {(begin, ROOT): (0.0, _NEVER)}
        top = torch.topk(frames, min(self.limits.classes, frames.shape[1]), dim=1)
        for frame, tokens in zip(frames.tolist(), top.indices.tolist(), strict=True):
            beam = self._kept(self._grown(beam, frame, tokens, blank))
        return self._ended(beam)

    def _grown(
        self, beam: _Beam, frame: Sequence[float], tokens: Sequence[int], blank: int
    ) -> dict[_Place, list[float]]:
        grown: dict[_Place, list[float]] = {}
        for place, (ends_blank, ends_token) in beam.items():
            said, node = place
            both, last = log_sum(ends_blank, ends_token), self._last(said, node)
            _add(grown, place, 0, both + frame[blank])
            if last >= 0:
                _add(grown, place, 1, ends_token + frame[last])
            following = self._following[node]
            for token in tokens:
                entered = following.get(token)
                if entered is None:
                    continue
                before = ends_blank if token == last else both
                if before != _NEVER:
                    for longer in self._entered(said, entered):
                        _add(grown, longer, 1, before + frame[token])
        return grown

    def _last(self, said: _Said, node: int) -> int:
        """The token that, if repeated without a blank, adds nothing; -1 if there is none."""
        if node == self._outside:
            return said.last
        if node == ROOT:
            return -1 if said.before is None else self._space
        return self._tree.token[node]

    def _entered(self, said: _Said, node: int) -> Iterator[_Place]:
        """The places that a token leads to: within a word, and after each that ends there."""
        if node == ROOT or self._tree.children[node]:
            yield said, node
        if node != ROOT:
            for spelling in self._tree.ends[node]:
                yield self._longer(said, spelling), self._outside

    def _longer(self, said: _Said, spelling: int) -> _Said:
        if spelling not in said.longer:
            word, tokens = self.lexicon.spellings[spelling]
            state, gained = self.scores.score(said.state, word)
            score = said.score + gained
            said.longer[spelling] = _Said(said, spelling, tokens[-1], state, score)
        return said.longer[spelling]

    def _kept(self, grown: dict[_Place, list[float]]) -> _Beam:
        ranks = {place: self._rank(place, *ends) for place, ends in grown.items()}
        least = max(ranks.values()) - self.limits.threshold
        best = sorted(ranks, key=ranks.__getitem__, reverse=True)[: self.limits.width]
        return {p: (grown[p][0], grown[p][1]) for p in best if ranks[p] >= least}

    def _rank(self, place: _Place, ends_blank: float, ends_token: float) -> float:
        said, node = place
        return log_sum(ends_blank, ends_token) + said.score + self._tree.ahead[max(node, ROOT)]

    def _ended(self, beam: _Beam) -> list[tuple[int, ...]]:
        whole = {
            (said, node): ends
            for (said, node), ends in beam.items()
            if node == self._outside or (node == ROOT and said.before is None)
        }
        ended: dict[_Said, float] = {}
        for (said, _), ends in (whole or beam).items():
            score = log_sum(*ends) + said.score + self.scores.finish(said.state)
            ended[said] = log_sum(ended.get(said, _NEVER), score)
        best = sorted(ended, key=ended.__getitem__, reverse=True)
        return [said.spellings for said in best]


def _add(grown: dict[_Place, list[float]], place: _Place, ending: int, score: float) -> None:
    ends = grown.get(place)
    if ends is None:
        ends = grown[place] = [_NEVER, _NEVER]
    ends[ending] = log_sum(ends[ending], score)
