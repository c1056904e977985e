"""Settings of a decoder in a file of JSON, as ``asr tune`` writes them."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from asr.errors import InputError
from asr.json_files import write_json
from asr.language.beam import Beam
from asr.regular_file import refuse_endless

_FILES = ("lm", "lexicon", "hot_words")


def read_decoding(path: Path) -> dict[str, Any]:
    """The settings of a :class:`~asr.language.beam.Beam`; files are relative to this one.

    Raises:
        InputError: the file cannot be read, or is not of these settings.
    """
    refuse_endless(path)
    try:
        values = json.loads(path.read_text("utf-8"))["decoding"]
        known = asdict(Beam(lexicon=""))
        fits = {name: _fits(values[name], known[name], name) for name in known if name in values}
        if set(values) - set(known) or not all(fits.values()):
            raise KeyError
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give another") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: holds no settings of a decoder; asr tune writes them") from error
    files = {name: str(path.parent / values[name]) for name in _FILES if values.get(name)}
    return {**{name: value for name, value in values.items() if value is not None}, **files}


def write_decoding(path: Path, settings: Beam, facts: Mapping[str, Any]) -> None:
    """Write what :func:`read_decoding` reads, and what is known of it."""
    values = asdict(settings)
    for name in _FILES:
        if values[name] is not None:
            values[name] = os.path.relpath(values[name], path.parent)
    write_json(path, {"decoding": values, **facts})


def _fits(value: Any, example: Any, name: str) -> bool:
    if name in _FILES:
        return value is None or (isinstance(value, str) and bool(value) and "\0" not in value)
    if isinstance(value, bool):
        return False
    return isinstance(value, (int, float) if isinstance(example, float) else type(example))
