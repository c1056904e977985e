"""From what was heard to the figures of a report, for transcripts and for labels."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from asr.data.index import Index
from asr.evaluation.recognise import Heard
from asr.metrics.confusion import Confusion, per_class
from asr.metrics.edits import word_edits
from asr.metrics.error_rate import ErrorRate
from asr.tasks.classification import Classification
from asr.tasks.task import Task


class Scores(NamedTuple):
    """How well a split was recognised.

    Attributes:
        rates: what the task's metrics give, as shares: ``wer``, ``cer``, or ``accuracy`` ...
        counts: what they were computed from.
        utterances: one row for each, in the order of the index.
        confusion: of labels; ``None`` for transcripts.
    """

    rates: Mapping[str, float]
    counts: Mapping[str, int]
    utterances: Sequence[Mapping[str, Any]]
    confusion: Mapping[str, Any] | None


def score(task: Task, index: Index, heard: Sequence[Heard]) -> Scores:
    """Score what was heard with the metrics that training uses."""
    heard = sorted(heard)
    hypotheses = [item.hypothesis for item in heard]
    references = [item.reference for item in heard]
    metrics = task.make_metrics()
    metrics.update(hypotheses, references)
    rates = {name: float(value) for name, value in metrics.compute().items()}
    kind: _Kind = _Labels(task) if isinstance(task, Classification) else _Transcripts()
    rows = [_row(index, item, kind) for item in heard]
    return Scores(rates, kind.counts(heard), rows, kind.confusion(hypotheses, references))


class _Kind(Protocol):
    def row(self, item: Heard) -> dict[str, Any]: ...

    def counts(self, heard: Sequence[Heard]) -> dict[str, int]: ...

    def confusion(
        self, hypotheses: Sequence[str], references: Sequence[str]
    ) -> dict[str, Any] | None: ...


class _Transcripts:
    def row(self, item: Heard) -> dict[str, Any]:
        found = word_edits(item.hypothesis, item.reference)
        return {
            "reference": item.reference,
            "hypothesis": item.hypothesis,
            "substitutions": found.substitutions,
            "deletions": found.deletions,
            "insertions": found.insertions,
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
        self.labels = list(task.vocabulary.symbols)

    def row(self, item: Heard) -> dict[str, Any]:
        return {
            "reference": item.reference,
            "hypothesis": item.hypothesis,
            "probability": item.probability,
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
            "matrix": matrix[
                :-1
            ].tolist(),  # a row for each reference, a column for each hypothesis
            "unseen": matrix[-1].tolist(),
            "per_label": {
                label: {name: round(float(values[i]), 6) for name, values in each._asdict().items()}
                for i, label in enumerate(self.labels)
            },
        }


def _row(index: Index, item: Heard, kind: _Kind) -> dict[str, Any]:
    utterance = index[item.row]
    known = {"seconds": utterance.seconds, "speaker": utterance.speaker}
    return {"id": utterance.id, **kind.row(item), **known}
