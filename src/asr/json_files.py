"""JSON documents and JSON lines, written."""

import json
from collections.abc import Iterable, Mapping
from math import isfinite
from pathlib import Path
from typing import Any


def to_json(content: Any) -> str:
    """One JSON document, indented; a number that is not finite becomes null, as JSON has none.

    >>> print(to_json({"wer": float("inf")}))
    {
      "wer": null
    }
    """
    return _dumped(content, indent=2)


def write_json(path: Path, content: Any) -> None:
    """Write one JSON document."""
    path.write_text(to_json(content) + "\n", encoding="utf-8")


def write_json_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write one JSON object a line."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(_dumped(row) + "\n" for row in rows)


def _dumped(content: Any, indent: int | None = None) -> str:
    plain = finite(content)
    # A YAML may hold a date, which is shown as it is written.
    text = json.dumps(plain, indent=indent, ensure_ascii=False, allow_nan=False, default=str)
    # A file name may hold bytes that are no character; JSON has an escape for them, UTF-8 has not.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def finite(value: Any) -> Any:
    """The same plain value with null for every number that is not finite."""
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value
