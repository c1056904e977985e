"""What the texts of a run's training split say of how hard it is to learn."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from asr.data.index import Index
from asr.tasks.task import Task
from asr.text.labels import Labels
from asr.training.data import SpeechData
from asr.training.guessing import guessing_loss, rare_share

_LOOKED_AT = 5000  # utterances of a split


class TextFacts(NamedTuple):
    """Of a sample of the texts.

    Attributes:
        guess: nats per token that one loses in validation who knows the texts of training, and
            hears nothing; NaN where validation has no tokens.
        rare: share of the training tokens whose symbol is rare.
        infeasible: share of the training split that was left out, for it has too few frames.
        reweighted: whether training is of labels, but wants other probabilities than they have.
    """

    guess: float
    rare: float
    infeasible: float
    reweighted: bool


def text_facts(data: SpeechData, task: Task, rare_below: float) -> TextFacts:
    """The facts of ``data``, whose infeasible utterances were left out already."""
    train = data.index["train"]
    taught = list(_tokens(train, task))
    reasons = train.skipped.reasons()
    infeasible = sum(reason.partition(":")[0] == "infeasible" for reason in reasons)
    return TextFacts(
        guess=guessing_loss(taught, _tokens(data.index["val"], task), len(task.vocabulary)),
        rare=rare_share(taught, rare_below, len(train) / max(len(taught), 1)),
        infeasible=infeasible / max(len(train) + infeasible, 1),
        reweighted=task.reweighs
        or (data.balance is not None and isinstance(task.vocabulary, Labels)),
    )


def _tokens(index: Index, task: Task) -> Iterator[Sequence[int]]:
    vocabulary, step = task.vocabulary, -(-len(index) // _LOOKED_AT) or 1
    for row in range(0, len(index), step):
        yield vocabulary.encode(vocabulary.normalize(task.target(index[row])))
