"""What an evaluation wrote, read again."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from asr.errors import InputError
from asr.evaluation.measures import Row

_NEEDED = {"id", "seconds", "speaker", "extras", "reference", "hypothesis"}
_TRANSCRIPT = {"substitutions", "deletions", "insertions", "words", "characters", "character_edits"}


class EvaluationFolder(NamedTuple):
    """The folder of ``asr evaluate --output``.

    Attributes:
        summary: as ``summary.json`` holds it.
        rows: of ``utterances.jsonl``.
    """

    path: Path
    summary: dict[str, Any]
    rows: Sequence[Row]


def read_evaluation(path: Path) -> EvaluationFolder:
    """Read the folder of an evaluation.

    Raises:
        InputError: it is none, or a file in it is damaged.
    """
    if not path.is_dir():
        raise InputError(f"{path}: no such folder; give one that asr evaluate --output wrote")
    for name in ("summary.json", "utterances.jsonl"):
        if not (path / name).is_file():
            raise InputError(
                f"{path}: has no {name}; give a folder that asr evaluate --output wrote"
            )
    [summary] = _objects(path / "summary.json", [_text(path / "summary.json")])
    file = path / "utterances.jsonl"
    rows = _objects(file, _text(file).rstrip("\n").split("\n"))
    for number, row in enumerate(rows, start=1):
        kind = _TRANSCRIPT if "words" in row else {"probability", "probabilities"}
        if missing := sorted((_NEEDED | kind) - row.keys()):
            raise InputError(
                f"{file}:{number}: has no {', '.join(missing)}; evaluate again, with this version"
            )
    if not rows:
        raise InputError(f"{file}: holds no utterances; evaluate again")
    if len({row["id"] for row in rows}) < len(rows):
        raise InputError(f"{file}: an id occurs twice; evaluate again")
    return EvaluationFolder(path, summary, rows)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{file}: is not UTF-8; evaluate again") from None


def _objects(file: Path, texts: Sequence[str]) -> list[dict[str, Any]]:
    found = []
    for number, text in enumerate(texts, start=1):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise InputError(f"{file}:{number}: is no JSON object; evaluate again")
        found.append(value)
    return found
