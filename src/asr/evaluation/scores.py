"""From what was heard to the figures of a report, for transcripts and for labels."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from asr.data.index import Index
from asr.errors import InputError
from asr.evaluation.recognise import Heard
from asr.metrics.alignment import confusions
from asr.metrics.confusion import Confusion, per_class
from asr.metrics.edits import character_edits, word_edits
from asr.metrics.error_rate import ErrorRate
from asr.tasks.classification import Classification
from asr.tasks.task import Task
from asr.text.normalizer import Normalizer


class Scores(NamedTuple):
    """How well a split was recognised.

    Attributes:
        rates: what the task's metrics give, as shares: ``wer``, ``cer``, or ``accuracy`` ...
        counts: what they were computed from.
        utterances: one row for each, in the order of the index.
        confusion: of labels; ``None`` for transcripts.
        confusions: most frequent ones of words; ``None`` for labels.
    """

    rates: Mapping[str, float]
    counts: Mapping[str, int]
    utterances: Sequence[Mapping[str, Any]]
    confusion: Mapping[str, Any] | None
    confusions: Mapping[str, Any] | None


def score(
    task: Task, index: Index, heard: Sequence[Heard], scoring: Normalizer | None = None
) -> Scores:
    """Score what was heard with the metrics that training uses.

    Args:
        scoring: brings references, as the data has them, and transcripts into one form; without
            it, references have the form that the model is taught.

    Raises:
        InputError: ``scoring`` is given for labels.
    """
    if scoring is not None and isinstance(task, Classification):
        raise InputError("--scoring: is for transcripts, but the model gives labels; leave it out")
    heard = sorted(heard)
    if scoring is not None:
        heard = [_rescored(item, task.target(index[item.row]), scoring) for item in heard]
    hypotheses = [item.hypothesis for item in heard]
    references = [item.reference for item in heard]
    metrics = task.make_metrics()
    metrics.update(hypotheses, references)
    rates = {name: float(value) for name, value in metrics.compute().items()}
    kind: _Kind = _Labels(task) if isinstance(task, Classification) else _Transcripts()
    rows = [_row(index, item, kind) for item in heard]
    texts = None if kind.labels else confusions(zip(hypotheses, references, strict=True))
    return Scores(rates, kind.counts(heard), rows, kind.confusion(hypotheses, references), texts)


def _rescored(item: Heard, target: str, scoring: Normalizer) -> Heard:
    return item._replace(reference=scoring(target), hypothesis=scoring(item.hypothesis))


class _Kind(Protocol):
    labels: Sequence[str]

    def row(self, item: Heard) -> dict[str, Any]: ...

    def counts(self, heard: Sequence[Heard]) -> dict[str, int]: ...

    def confusion(
        self, hypotheses: Sequence[str], references: Sequence[str]
    ) -> dict[str, Any] | None: ...


class _Transcripts:
    labels: Sequence[str] = ()

    def row(self, item: Heard) -> dict[str, Any]:
        found = word_edits(item.hypothesis, item.reference)
        characters = character_edits(item.hypothesis, item.reference)
        return {
            "reference": item.reference,
            "hypothesis": item.hypothesis,
            "substitutions": found.substitutions,
            "deletions": found.deletions,
            "insertions": found.insertions,
            "words": found.length,
            "characters": characters.length,
            "character_edits": characters.errors,
            "confidence": None if item.confidence is None else round(item.confidence, 4),
        }

    def counts(self, heard: Sequence[Heard]) -> dict[str, int]:
        words, characters = ErrorRate("word"), ErrorRate("character")
        for metric in (words, characters):
            metric.update([h.hypothesis for h in heard], [h.reference for h in heard])
        return {
            "substitutions": words.edits.substitutions,
            "deletions": words.edits.deletions,
            "insertions": words.edits.insertions,
            "words": words.edits.length,
            "characters": characters.edits.length,
        }

    def confusion(self, hypotheses: Sequence[str], references: Sequence[str]) -> None:
        return None


class _Labels:
    def __init__(self, task: Classification) -> None:
        self.labels: Sequence[str] = list(task.vocabulary.symbols)

    def row(self, item: Heard) -> dict[str, Any]:
        return {
            "reference": item.reference,
            "hypothesis": item.hypothesis,
            "probability": item.probability,
            "probabilities": dict(
                zip(self.labels, item.probabilities or [None] * len(self.labels), strict=True)
            ),
        }

    def counts(self, heard: Sequence[Heard]) -> dict[str, int]:
        right = sum(item.hypothesis == item.reference for item in heard)
        unseen = sum(item.reference not in self.labels for item in heard)
        return {"correct": right, "wrong": len(heard) - right, "label_unseen_in_training": unseen}

    def confusion(self, hypotheses: Sequence[str], references: Sequence[str]) -> dict[str, Any]:
        metric = Confusion(self.labels)
        metric.update(hypotheses, references)
        matrix = metric.compute()
        each = per_class(matrix)
        return {
            "labels": self.labels,
            # A row for each reference, a column for each hypothesis.
            "matrix": matrix[:-1].tolist(),
            "unseen": matrix[-1].tolist(),
            "per_label": {
                label: {name: round(float(values[i]), 6) for name, values in each._asdict().items()}
                for i, label in enumerate(self.labels)
            },
        }


def _row(index: Index, item: Heard, kind: _Kind) -> dict[str, Any]:
    utterance = index[item.row]
    return {
        "id": utterance.id,
        "path": str(utterance.path.absolute()),
        "offset": utterance.offset,
        "seconds": utterance.seconds,
        "speaker": utterance.speaker,
        "extras": dict(utterance.extras),
        **kind.row(item),
    }
