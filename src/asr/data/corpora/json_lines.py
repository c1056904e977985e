"""JSON lines, read one by one, with every fault named by file and line."""

import gzip
import io
import json
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from asr.errors import InputError

_BOM = b"\xef\xbb\xbf"
_LONGEST = 16 << 20  # bytes of a line
_HEAD = 1 << 16  # bytes that show how lines end
_EXAMPLE = 'write one JSON object a line, as {"audio_filepath": "a.wav", "text": "..."}'


def read_json_lines(
    path: Path, faults: list[str] | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    r"""The objects in a file, each with its line counted from 1; blank lines are passed over.

    A file whose name ends in ``.gz`` is decompressed on the way. Only ``\n`` ends a line, or
    ``\r`` in a file without it: U+2028 and its like may stand in a text.

    Args:
        faults: where given, takes what is wrong with a line, and reading goes on after it.

    Raises:
        InputError: the file cannot be read, is something else than JSON lines, or holds no line;
            or a line is not one object with distinct keys, finite numbers and whole characters.
    """
    empty = True
    for number, line in _filled_lines(path):
        if empty and (what := _what_else(line)):
            raise InputError(f"{path}: {what}; {_EXAMPLE}")
        empty = False
        try:
            row = parse_object(line, f"{path}:{number}")
        except InputError as error:
            if faults is None:
                raise
            faults.append(str(error))
            continue
        yield number, row
    if empty:
        raise InputError(f"{path}: empty; {_EXAMPLE}")


def parse_object(line: bytes, place: str) -> dict[str, Any]:
    """The JSON object that ``line`` is.

    Args:
        place: where it stands, for error messages.

    Raises:
        InputError: it is not one object with distinct keys, finite numbers and whole characters.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise InputError(
            f"{place}: not UTF-8 (byte {error.start + 1}); save the file as UTF-8"
        ) from None
    try:
        row = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{place}: not JSON (column {error.colno}: {error.msg}); {_EXAMPLE}"
        ) from None
    except RecursionError:
        raise InputError(f"{place}: nested too deeply; {_EXAMPLE}") from None
    except ValueError as error:  # from our hooks, or a number of thousands of digits
        raise InputError(f"{place}: {str(error).partition(';')[0]}; mend the line") from None
    if not isinstance(row, dict):
        raise InputError(f"{place}: {type(row).__name__} instead of an object; {_EXAMPLE}")
    if b"\\ud" in line.lower():
        _refuse_lone_surrogates(row, place)
    return row


def _filled_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a FIFO would never end, nor would /dev/zero
            kind = "a directory" if path.is_dir() else "not a regular file"
            raise InputError(f"{path}: is {kind}; check the path of the manifest")
        with _open(path) as file:
            for number, raw in enumerate(_lines(file), start=1):
                if len(raw) > _LONGEST:
                    raise InputError(
                        f"{path}:{number}: longer than {_LONGEST >> 20} MiB; {_EXAMPLE}"
                    )
                line = (raw.removeprefix(_BOM) if number == 1 else raw).strip()
                if line:
                    yield number, line
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: not a whole gzip file ({error}); make it again") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; check the path of the manifest") from None
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: {error}; check the path of the manifest") from None


def _open(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Lines as they end in this file; of one that is too long, a little more than is allowed."""
    head = file.read(_HEAD)
    file.seek(0)
    if b"\n" not in head and b"\r" in head:
        # in latin-1 a byte is a character
        with io.TextIOWrapper(file, encoding="latin-1", newline="\r") as text:
            while line := text.readline(_LONGEST + 1):
                yield line.encode("latin-1")
        return
    while raw := file.readline(_LONGEST + 1):
        yield raw


def _refuse_lone_surrogates(row: dict[str, Any], place: str) -> None:
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = ascii(error.object[error.start])
        raise InputError(f"{place}: half a character ({half}); mend the escape") from None


def _what_else(line: bytes) -> str | None:
    """What a file is whose first line that is not blank does not begin a JSON object."""
    if line.startswith(b"\x1f\x8b"):
        return "compressed with gzip; unpack it"
    if line.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in line:
        return "UTF-16 or binary, not UTF-8 text"
    if line.startswith(b"["):
        return "a JSON array, not JSON lines"
    if not line.startswith((b"{", b"'", b'"')) and (b"," in line or b"\t" in line):
        return "looks like CSV or TSV, not JSON lines"
    return None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"key {twice!r} is given twice")
    return row


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


_DECODER = json.JSONDecoder(object_pairs_hook=_distinct, parse_constant=_refuse_constant)
