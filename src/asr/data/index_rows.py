"""From the utterances of a corpus to the rows of an index file, with what is wrong with them."""

import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from asr.data.headers import Header, read_headers
from asr.data.index_file import IndexWriter
from asr.data.repeats import Repeats
from asr.data.utterance import Utterance, name_fault
from asr.errors import InputError

_TOLERANCE = 0.1  # seconds by which a manifest may be off from the file
_NEWS = 0.5  # seconds between two signs of progress


def write_index(
    path: Path,
    utterances: Iterable[Utterance],
    shortest: float,
    longest: float,
    *,
    processes: int | None = None,
) -> None:
    """Read every header and write a row for each utterance, those that are of no use too.

    Args:
        shortest, longest: durations to keep, in seconds.
        processes: see :func:`~asr.data.headers.read_headers`.

    Raises:
        InputError: two utterances have the same id, or the file cannot be written.
    """
    repeats = Repeats()
    progress = _Progress()
    with IndexWriter(path) as writer:
        for chunk, headers in read_headers(utterances, processes):
            for position in repeats.among([utterance.id for utterance in chunk]):
                _refuse_repeated(chunk, position, writer)
            writer.append(
                [
                    _row(utterance, header, shortest, longest)
                    for utterance, header in zip(chunk, headers, strict=True)
                ]
            )
            progress.tell(len(chunk))
    progress.end()


def _refuse_repeated(chunk: Sequence[Utterance], position: int, writer: IndexWriter) -> None:
    repeated = chunk[position]
    places = [str(u.line or u.path) for u in chunk[:position] if u.id == repeated.id]
    before = places[0] if places else writer.place(repeated.id)
    if before is not None:
        raise InputError(
            f"{repeated.line or repeated.path}: the id {repeated.id!r} occurs twice, first in "
            f"{before}; give each utterance its own"
        )


def _row(utterance: Utterance, header: Header, shortest: float, longest: float) -> dict[str, Any]:
    seconds, reason = _measure(utterance, header, shortest, longest)
    if unnameable := name_fault(utterance):
        utterance, reason = _escaped(utterance), unnameable
    info = None if isinstance(header.info, str) else header.info
    size, modified = header.state
    return {
        "id": utterance.id,
        "path": str(utterance.path),
        "offset": utterance.offset,
        "seconds": seconds,
        "rate": info.rate if info else 0,
        "channels": info.channels if info else 0,
        "text": utterance.text,
        "label": utterance.label,
        "speaker": utterance.speaker,
        "extras": json.dumps(dict(utterance.extras)) if utterance.extras else "{}",
        "line": utterance.line,
        "begin": utterance.window.begin if utterance.window else None,
        "channel": utterance.channel,
        "size": utterance.window.size if utterance.window else None,
        "bytes": size,
        "modified": modified,
        "reason": reason,
    }


def _measure(
    utterance: Utterance, header: Header, shortest: float, longest: float
) -> tuple[float, str | None]:
    """Duration in seconds, and why the utterance cannot be used, if so."""
    if isinstance(header.info, str):
        return 0.0, header.info
    told, whole = utterance.seconds, header.info.seconds
    rest = whole - utterance.offset
    if rest <= 0:
        return 0.0, f"begins at {utterance.offset:g} s of a file of {whole:.2f} s"
    if told is not None and told > rest + _TOLERANCE:
        return told, f"said to last {told:g} s, but the file holds {rest:.2f} s from there"
    seconds = rest if told is None else min(told, rest)
    if not shortest <= seconds <= longest:
        return seconds, f"lasts {seconds:.3g} s, outside {shortest:g} to {longest:g} s"
    return seconds, None


def _escaped(utterance: Utterance) -> Utterance:
    """The utterance with the bytes that are no characters written as escapes."""

    def escape(text: str) -> str:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")

    return replace(
        utterance, id=escape(utterance.id), path=Path(escape(str(utterance.path))),
        text=escape(utterance.text), label=escape(utterance.label),
    )  # fmt: skip


class _Progress:
    """A line on a terminal that says how many headers were read; none for short work."""

    def __init__(self) -> None:
        self._began = self._told = time.monotonic()
        self._count = 0
        self._shown = False

    def tell(self, more: int) -> None:
        self._count += more
        now = time.monotonic()
        if now - self._told < _NEWS or not sys.stderr.isatty():
            return
        self._told, self._shown = now, True
        rate = self._count / (now - self._began)
        sys.stderr.write(f"\rreading headers: {self._count:,} ({rate:,.0f} a second)\033[K")
        sys.stderr.flush()

    def end(self) -> None:
        if self._shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
