"""Rates over parts of the data: by speaker, by duration, by any column."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from asr.errors import InputError
from asr.evaluation.measures import Row, blocked, intervals, is_transcripts, measures

ALWAYS = ("speaker", "gender", "duration")
_EDGES = (0, 1, 2, 5, 10, 20)  # seconds
_MOST = 12  # values of a column of numbers, before it is cut into quarters
_NONE = "(none)"


def sliced(rows: Sequence[Row], columns: Sequence[str] = ()) -> dict[str, dict[str, list[int]]]:
    """The rows, by number, that have each value of each column.

    Speaker, gender and duration are always among the columns, where they differ.

    Args:
        columns: of the manifest, to slice by as well.

    Raises:
        InputError: no utterance has such a column.
    """
    found = {column: _values(rows, column) for column in dict.fromkeys((*columns, *ALWAYS))}
    for column in columns:
        if set(found[column]) == {_NONE}:
            known = sorted({"duration", *(name for row in rows for name in row["extras"])})
            raise InputError(
                f"--slice {column}: no utterance has this column; there is {', '.join(known)}"
            )
    return {
        column: values
        for column, values in found.items()
        if column in columns or len(values) > 1
    }  # fmt: skip


def slices(rows: Sequence[Row], columns: Sequence[str] = ()) -> dict[str, dict[str, Any]]:
    """The main rate with its interval in each slice, with counts; see :func:`sliced`.

    Raises:
        InputError: no utterance has such a column.
    """
    return {
        column: {value: _told([rows[number] for number in part]) for value, part in values.items()}
        for column, values in sliced(rows, columns).items()
    }


def _told(rows: Sequence[Row]) -> dict[str, Any]:
    name, measure = next(iter(measures(rows).items()))
    bounds = intervals({name: measure}, blocked(rows))[name]
    words = {"words": int(measure.wholes.sum())} if is_transcripts(rows) else {}
    return {"utterances": len(rows), **words, name: measure.rate, "interval": list(bounds)}


def _values(rows: Sequence[Row], column: str) -> dict[str, list[int]]:
    if column == "duration":
        return _binned([row["seconds"] for row in rows], _EDGES, " s")
    told = [row["speaker"] if column == "speaker" else row["extras"].get(column) for row in rows]
    numbers = [value for value in told if _is_number(value)]
    if len(numbers) == len(told) and len(set(numbers)) > _MOST:
        return _binned(numbers, np.unique(np.quantile(numbers, [0, 0.25, 0.5, 0.75])).tolist())
    return _grouped([_NONE if value in (None, "") else str(value) for value in told])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _binned(
    values: Sequence[float], edges: Sequence[float], unit: str = ""
) -> dict[str, list[int]]:
    names = [f"{low:g} to {high:g}{unit}" for low, high in pairwise(edges)]
    names.append(f"from {edges[-1]:g}{unit}")
    places = np.searchsorted(edges, values, side="right") - 1
    return _grouped([names[max(place, 0)] for place in places], names.index)


def _grouped(
    names: Sequence[str], order: Callable[[str], Any] | None = None
) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {name: [] for name in sorted(set(names), key=order)}
    for number, name in enumerate(names):
        found[name].append(number)
    return found
