"""The headers of audio files, read by threads, and where they are many by processes."""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from asr.data.audio import AudioError, AudioInfo, audio_info
from asr.data.utterance import Utterance
from asr.data.window import Window
from asr.errors import InputError

CHUNK = 4096  # utterances between two sights of progress
_FEW = 1 << 16  # utterances that are read sooner than processes are started
_TASK = 256  # files that a worker reads at a time
_THREADS = 8  # that wait for the disk together


class Header(NamedTuple):
    """What can be said of an audio file without decoding it.

    Attributes:
        info: what the header says, or why it cannot be read.
        state: see :func:`file_state`.
    """

    info: AudioInfo | str
    state: tuple[int, int]


def read_headers(
    utterances: Iterable[Utterance], processes: int | None = None
) -> Iterator[tuple[list[Utterance], list[Header]]]:
    """The utterances in their order, some thousand at a time, with the headers of their files.

    Args:
        processes: that read, once the utterances prove to be many; as many as the process may
            use cores where not given.

    Raises:
        InputError: a process was killed.
    """
    chunks = iter(_chunks(utterances))
    with ThreadPoolExecutor(_THREADS) as threads:
        yield from _read(islice(chunks, _FEW // CHUNK), threads)
        following = list(islice(chunks, 1))
        rest = (chunk for part in (following, chunks) for chunk in part)
        processes = processes or _cores()
        if not following or processes == 1:
            yield from _read(rest, threads)
            return
    # A forked child may not use what other threads of the parent hold.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        try:
            yield from _read(rest, pool)
        except BrokenProcessPool:
            raise InputError(
                "index: a process that read headers was killed, perhaps for want of memory; "
                "give the machine more, or start again"
            ) from None


def file_state(path: Path | str) -> tuple[int, int]:
    """Size in bytes and time of the last change in nanoseconds; zeros where there is no file."""
    try:
        found = os.stat(path)  # noqa: PTH116 -- of millions of files, most without a Path
    except (OSError, ValueError):
        return 0, 0
    return found.st_size, max(found.st_mtime_ns, found.st_ctime_ns)


def _chunks(utterances: Iterable[Utterance]) -> Iterator[list[Utterance]]:
    rows = iter(utterances)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _read(
    chunks: Iterable[list[Utterance]], pool: Executor
) -> Iterator[tuple[list[Utterance], list[Header]]]:
    for chunk in chunks:
        places = [(str(utterance.path), utterance.window) for utterance in chunk]
        tasks = [places[i : i + _TASK] for i in range(0, len(places), _TASK)]
        yield chunk, [header for part in pool.map(_headers, tasks) for header in part]


def _headers(places: Sequence[tuple[str, Window | None]]) -> list[Header]:
    return [_header(path, window) for path, window in places]


def _header(path: str, window: Window | None) -> Header:
    state = file_state(path)  # before it is read: a file that changes meanwhile is read again
    try:
        return Header(audio_info(Path(path), window), state)
    except AudioError as error:
        return Header(str(error).removeprefix(f"{path}: "), state)


def _cores() -> int:
    affinity: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
