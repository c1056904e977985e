"""What the page of a report tells, as plain values."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from asr.errors import InputError
from asr.evaluation.compare import compare
from asr.evaluation.evaluation_folder import EvaluationFolder
from asr.evaluation.measures import Row, is_transcripts
from asr.evaluation.report.clips import Clips
from asr.evaluation.same_data import matched
from asr.evaluation.slices import sliced
from asr.metrics.alignment import aligned

_LABELS_SHOWN = 8  # the most probable ones of an utterance
_FILES = {"confusion": "confusion.json", "confusions": "confusions.json", "roc": "roc.json",
          "compare": "compare.json"}  # fmt: skip


def content(
    folder: EvaluationFolder, other: EvaluationFolder | None, clips: Clips, notes: Sequence[str]
) -> dict[str, Any]:
    """Everything but the clips themselves; of other files of the folder what is there.

    Args:
        other: an earlier evaluation, to compare with.
        notes: to the reader of the page.

    Raises:
        InputError: a file is damaged, or the other evaluation is of other data.
    """
    files = {name: _read(folder.path / file) for name, file in _FILES.items()}
    columns = _columns(folder.rows)
    if other is not None:
        files["compare"] = json.loads(json.dumps(compare(other, folder)._asdict()))
        columns |= _other_columns(matched(folder, other)[1])
    return {
        "kind": "transcripts" if is_transcripts(folder.rows) else "labels",
        "folder": str(folder.path),
        "summary": folder.summary,
        "columns": columns,
        "members": _members(folder),
        "heard": sorted(clips.clips),
        "notes": list(notes),
        **{name: value for name, value in files.items() if value is not None},
    }


def _columns(rows: Sequence[Row]) -> dict[str, Any]:
    """A list of values for each column, which takes less room than a row for each utterance."""
    names = ["id", "path", "offset", "seconds", "speaker", "reference", "hypothesis"]
    if is_transcripts(rows):
        names += ["substitutions", "deletions", "insertions", "words", "confidence"]
    else:
        names += ["probability"]
    extras = dict.fromkeys(name for row in rows for name in row["extras"])
    found: dict[str, Any] = {name: [row.get(name) for row in rows] for name in names}
    found["extras"] = {name: [row["extras"].get(name) for row in rows] for name in extras}
    if is_transcripts(rows):
        found["edits"] = [_edits(row) for row in rows]
    else:
        found["probable"] = [_probable(row["probabilities"]) for row in rows]
    return found


def _other_columns(rows: Sequence[Row]) -> dict[str, Any]:
    found: dict[str, Any] = {"other": [row["hypothesis"] for row in rows]}
    if is_transcripts(rows):
        found["other_edits"] = [_edits(row) for row in rows]
        names = ("substitutions", "deletions", "insertions")
        found["other_errors"] = [sum(row[name] for name in names) for row in rows]
    else:
        found["other_errors"] = [int(row["hypothesis"] != row["reference"]) for row in rows]
    return found


def _edits(row: Row) -> str:
    """The alignment of words, a letter for each pair: ``=``, ``s``, ``d`` or ``i``."""
    return "".join(
        "i" if said is None else "d" if heard is None else "=" if said == heard else "s"
        for said, heard in aligned(row["hypothesis"].split(), row["reference"].split())
    )


def _probable(probabilities: Mapping[str, float]) -> list[list[Any]]:
    best = sorted(probabilities.items(), key=lambda item: -item[1])[:_LABELS_SHOWN]
    return [[label, round(share, 5)] for label, share in best]


def _members(folder: EvaluationFolder) -> dict[str, Any]:
    """Of each column that is sliced by, its values, and of each utterance the number of its own."""
    known = {name for row in folder.rows for name in row["extras"]}
    asked = [name for name in folder.summary.get("slices") or {} if name in known]
    found = {}
    for column, values in sliced(folder.rows, asked).items():
        numbers = [-1] * len(folder.rows)
        for number, rows in enumerate(values.values()):
            for row in rows:
                numbers[row] = number
        found[column] = {"values": list(values), "of": numbers}
    return found


def _read(path: Path) -> Any:
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):
        raise InputError(f"{path}: is no JSON; evaluate again, or remove it") from None
