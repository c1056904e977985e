"""One row of a manifest, as an utterance."""

import difflib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from asr.data.corpora.containment import outside
from asr.data.utterance import Extra, Utterance
from asr.errors import InputError

_KEYS = ("audio_filepath", "text", "label", "duration", "offset", "speaker", "id")
_LONGEST = 1e9  # seconds; also keeps out what is not finite


def to_utterance(
    row: dict[str, Any], folder: Path, prefix: str, line: str, roots: Sequence[Path] | None = None
) -> Utterance:
    """Check one row and translate it.

    Args:
        folder: of the manifest, to which audio paths are relative.
        prefix: what distinguishes this folder among those of other manifests; ``"."`` if nothing.
        line: where the row stands, as ``file:line``.
        roots: where audio may lie, see :func:`~asr.data.corpora.containment.outside`.

    Raises:
        InputError: a key is missing or misspelt, or a value cannot be right.
    """
    if "audio_filepath" not in row:
        raise missing_key(["audio_filepath"], row, line)
    if "text" not in row and "label" not in row:
        raise missing_key(["text", "label"], row, line)
    if misspelt := _misspelt(tuple(row)):
        raise InputError(f"{line}: key {misspelt[0]!r}: did you mean {misspelt[1]!r}?")
    audio = _local_path(row["audio_filepath"], line)
    if why := outside(audio, folder, roots):
        raise InputError(f"{line}: audio_filepath: {_shown(audio)} {why}")
    offset = _seconds(row, "offset", line)
    name = audio if prefix == "." or Path(audio).is_absolute() else f"{prefix}/{audio}"
    return Utterance(
        id=_name(row, "id", line) or (name if offset is None else f"{name}#{offset}"),
        path=folder / audio,
        text=_text(row, line),
        label=_name(row, "label", line),
        speaker=_name(row, "speaker", line),
        offset=offset or 0.0,
        seconds=_seconds(row, "duration", line),
        extras={key: value for key, value in row.items() if _is_extra(key, value, line)},
        line=line,
    )


def missing_key(wanted: Sequence[str], row: Mapping[str, Any], line: str) -> InputError:
    """The error for a row that has none of the keys that are wanted."""
    others = [key for key in row if key not in _KEYS]
    close = [key for name in wanted for key in difflib.get_close_matches(name, others, 1)]
    hint = f"did you mean it by {close[0]!r}?" if close else f"it has {', '.join(map(repr, row))}"
    return InputError(f"{line}: no key {' or '.join(map(repr, wanted))}; {hint}")


def _local_path(value: Any, line: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{line}: audio_filepath: {_shown(value)} is no path; give the audio file")
    if "\0" in value:
        raise InputError(f"{line}: audio_filepath: {_shown(value)} is no path; give the audio file")
    if "://" in value or "|" in value or value.lstrip().startswith("pipe:"):
        raise InputError(
            f"{line}: audio_filepath: {_shown(value)} is an address or a command; give a local file"
        )
    return value


def _text(row: dict[str, Any], line: str) -> str:
    text = row.get("text", "")
    if not isinstance(text, str):
        raise InputError(
            f"{line}: text: {_shown(text)} is not a string; give one in quotation marks"
        )
    return text


def _name(row: dict[str, Any], key: str, line: str) -> str:
    """A string, or a whole number that stands for one."""
    value = row.get(key, "")
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise InputError(
            f"{line}: {key}: {_shown(value)} is not a string; give one in quotation marks"
        )
    return str(value)


def _seconds(row: dict[str, Any], key: str, line: str) -> float | None:
    if key not in row:
        return None
    value = row[key]
    lowest = "positive" if key == "duration" else "0 or more"
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InputError(f"{line}: {key}: {_shown(value)} is not a number; give {lowest} seconds")
    # Compared before it is converted: an integer may be too large for a float.
    if not 0 <= value <= _LONGEST or (value == 0 and key == "duration"):
        raise InputError(f"{line}: {key}: {_shown(value)} is out of range; give {lowest} seconds")
    return float(value)


def _is_extra(key: str, value: Any, line: str) -> bool:
    if key in _KEYS or not isinstance(value, Extra):
        return False
    if isinstance(value, int | float) and not abs(value) < 2**63:
        raise InputError(f"{line}: {key}: {_shown(value)} is out of range; write it as a string")
    return True


@lru_cache(maxsize=64)  # most rows of a manifest have the same keys
def _misspelt(keys: tuple[str, ...]) -> tuple[str, str] | None:
    """A key that is almost one of ours, which else would be an extra that nobody looks at."""
    absent = [key for key in _KEYS if key not in keys]
    for key in keys:
        if key not in _KEYS and (close := difflib.get_close_matches(key, absent, 1, cutoff=0.83)):
            return key, close[0]
    return None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
