"""The tables of a report for the test split of a run: figures, slices, confusions, labels."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from asr.data.index import Index
from asr.evaluation.analysis import analysis
from asr.evaluation.recognise import Heard
from asr.evaluation.scores import Scores, score
from asr.tasks.task import Task


class Predicted(Protocol):
    """What a run knows of an utterance that it was tested on."""

    @property
    def row(self) -> int: ...

    @property
    def reference(self) -> str: ...

    @property
    def hypothesis(self) -> str: ...


class Table(NamedTuple):
    """Columns by name, and rows of plain values."""

    columns: list[str]
    rows: list[list[Any]]


def tables_of_test(task: Task, index: Index, predicted: Iterable[Predicted]) -> dict[str, Table]:
    """The tables by name, from what ``asr evaluate`` writes and ``asr report`` shows.

    Args:
        index: of the split, to whose rows the predictions belong.
    """
    heard = [Heard(item.row, item.reference, item.hypothesis) for item in predicted]
    if not heard:
        return {}
    scores = score(task, index, heard)
    found = analysis(scores.utterances)
    tables = {
        "figures": _figures(scores.rates, found["intervals"]),
        "slices": _slices(found["slices"]),
    }
    return {**tables, **_mistakes(scores)}


def _figures(rates: Mapping[str, float], intervals: Mapping[str, Any]) -> Table:
    none = (None, None)
    rows = [[name, rate, *intervals.get(name, none)] for name, rate in rates.items()]
    return Table(["figure", "value", "low", "high"], rows)


def _slices(slices: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Table:
    """One row for each value of each column; of labels, ``words`` is left empty."""
    names = ("utterances", "words", "interval")
    rows = []
    for column, values in slices.items():
        for value, told in values.items():
            [rate] = [number for name, number in told.items() if name not in names]
            rows.append(
                [column, value, told["utterances"], told.get("words"), rate, *told["interval"]]
            )
    return Table(["column", "value", "utterances", "words", "rate", "low", "high"], rows)


def _mistakes(scores: Scores) -> dict[str, Table]:
    if scores.confusions is not None:
        found = scores.confusions
        rows = [["substitution", *each] for each in found["substitutions"]]
        rows += [["deletion", said, None, count] for said, count in found["deletions"]]
        rows += [["insertion", None, heard, count] for heard, count in found["insertions"]]
        return {"confusions": Table(["kind", "reference", "hypothesis", "count"], rows)}
    each_label = (scores.confusion or {}).get("per_label", {})
    names = list(next(iter(each_label.values()), {}))
    return {
        "labels": Table(
            ["label", *names],
            [[label, *(told[name] for name in names)] for label, told in each_label.items()],
        )
    }
