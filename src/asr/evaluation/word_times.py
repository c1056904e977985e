"""When each word was said, by the frames in which its tokens were emitted."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from torch import Tensor

from asr.decoding.align import align
from asr.text.vocabulary import Vocabulary


class Word(NamedTuple):
    """A word and its time.

    Attributes:
        begin: of the first frame in which one of its tokens was emitted, in seconds.
        end: of the last, at most the end of the recording.
    """

    text: str
    begin: float
    end: float


def word_times(
    logits: Tensor, tokens: Sequence[int], vocabulary: Vocabulary, *, blank: int, hop_ms: float
) -> Iterator[Word]:
    """The words that ``tokens`` spell, with the times of their most probable alignment.

    CTC emits a token in one or few frames of its sound, so words come out a little shorter
    than they are said.

    Args:
        logits: of one utterance, ``(classes, frames)``, without padding.
        hop_ms: from one frame to the next, in milliseconds.
    """
    words = vocabulary.decode(tokens).split()
    spans: list[tuple[int, int] | None] = [None] * len(words)
    for count, (first, last) in enumerate(align(logits, tokens, blank), start=1):
        if not vocabulary.decode(tokens[count - 1 : count]):
            continue  # a space between words
        # A token belongs to the word that the text up to it ends in.
        word = min(len(vocabulary.decode(tokens[:count]).split()), len(words)) - 1
        before = spans[word]
        spans[word] = (before[0] if before else first, last)
    for text, span in zip(words, spans, strict=True):
        if span is not None:
            yield Word(text, span[0] * hop_ms / 1000, (span[1] + 1) * hop_ms / 1000)
