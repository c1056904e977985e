"""What an evaluation wrote, read again."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from asr.errors import InputError
from asr.evaluation.measures import Row


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
        needed = {**_NEEDED, **(_TRANSCRIPT if "words" in rows[0] else _LABEL)}
        if missing := sorted(needed.keys() - row.keys()):
            raise InputError(
                f"{file}:{number}: has no {', '.join(missing)}; evaluate again, with this version"
            )
        for name, rule in {**needed, **_OPTIONAL}.items():
            if name in row and not rule(row[name]):
                told = ascii(row[name])[:60]
                raise InputError(f"{file}:{number}: {name}: cannot be {told}; evaluate again")
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


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value <= _MOST  # which NaN is not


def _is_plain(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(v, str | int | float | None) for v in value.values()
    )


def _is_shares(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(map(_is_number, value.values()))


_MOST = 1e12
_Rules = Mapping[str, Callable[[Any], bool]]
_NEEDED: _Rules = {
    "id": _is_text, "seconds": _is_number, "speaker": _is_text, "extras": _is_plain,
    "reference": _is_text, "hypothesis": _is_text,
}  # fmt: skip
_TRANSCRIPT: _Rules = dict.fromkeys(
    ("substitutions", "deletions", "insertions", "words", "characters", "character_edits"),
    _is_number,
)
_LABEL: _Rules = {"probability": _is_number, "probabilities": _is_shares}
_OPTIONAL: _Rules = {
    "path": _is_text,
    "offset": _is_number,
    "confidence": lambda value: value is None or _is_number(value),
}
