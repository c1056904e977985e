"""When each word was said, by the frames in which its tokens were emitted."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from torch import Tensor

from asr.decoding.align import align
from asr.decoding.confidence import token_log_posteriors
from asr.evaluation.frame_times import FrameTime
from asr.text.vocabulary import Vocabulary


class Word(NamedTuple):
    """A word and its time.

    Attributes:
        begin: of the first frame in which one of its tokens was emitted, in seconds.
        end: of the last, at most the end of the recording.
        confidence: geometric mean of the posteriors of its tokens in those frames.
    """

    text: str
    begin: float
    end: float
    confidence: float = 1.0


def word_times(
    logits: Tensor,
    tokens: Sequence[int],
    vocabulary: Vocabulary,
    *,
    blank: int,
    times: Sequence[FrameTime],
) -> Iterator[Word]:
    """The words that ``tokens`` spell, with the times of their most probable alignment.

    CTC emits a token in one or few frames of its sound, so words come out shorter than they are
    said; :func:`~asr.evaluation.pauses.up_to_pauses` gives them the rest.

    Args:
        logits: of one utterance, ``(classes, frames)``, without padding.
        times: of each frame.

    Raises:
        ValueError: there are fewer frames than the tokens need.
    """
    spans = align(logits, tokens, blank)
    if not spans:
        return
    scores = logits.float().cpu().log_softmax(dim=0)
    logs = token_log_posteriors(scores, tokens, spans)
    for places in _words(tokens, vocabulary):
        yield Word(
            vocabulary.decode([tokens[place] for place in places]),
            times[spans[places[0]][0]].begin,
            times[spans[places[-1]][1]].end,
            math.exp(sum(logs[place] for place in places) / len(places)),
        )


def _words(tokens: Sequence[int], vocabulary: Vocabulary) -> Iterator[list[int]]:
    """The places of the tokens of each word, without those of the spaces between words."""
    word: list[int] = []
    for place, token in enumerate(tokens):
        if not vocabulary.decode([token]):
            continue  # a space
        # All since the last letter tells whether a space, or a mark, stands between.
        if word and len(vocabulary.decode(tokens[word[-1] : place + 1]).split()) > 1:
            yield word
            word = []
        word.append(place)
    if word:
        yield word
