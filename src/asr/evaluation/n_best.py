"""Several transcripts of a piece of a recording, the best first."""

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from asr.decoding.confidence import confidence
from asr.decoding.hypothesis import Hypothesis
from asr.tasks.ctc import CTC


class Alternative(NamedTuple):
    """A transcript that may be meant.

    Attributes:
        score: natural logarithm, by which they are in order, see docs/decoding.md.
        confidence: 0 to 1, of the sounds alone.
    """

    text: str
    score: float
    confidence: float


class Ranked(NamedTuple):
    """The transcripts of a piece of a recording.

    Attributes:
        begin: in seconds, as ``end``.
        alternatives: with different texts, the best first.
    """

    begin: float
    end: float
    alternatives: Sequence[Alternative]


def ranked(
    task: CTC, logits: Tensor, hypotheses: Sequence[Hypothesis], seconds: float
) -> list[Ranked]:
    """What may be said in a piece whose logits are ``(classes, frames)``."""
    best: dict[str, Hypothesis] = {}
    for text, each in zip(task.texts([h.tokens for h in hypotheses]), hypotheses, strict=True):
        best.setdefault(text, each)
    alternatives = [
        Alternative(text, each.score, confidence(logits, each.tokens, task.blank))
        for text, each in best.items()
    ]
    return [Ranked(0.0, seconds, alternatives)]
