"""Indexes that are kept: built once, and opened the next time if nothing has changed."""

import hashlib
import os
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
from filelock import FileLock

from asr.data.headers import file_state
from asr.data.index import Index
from asr.data.index_file import IndexFile
from asr.data.index_rows import write_index
from asr.data.skipped import Rows
from asr.data.source_state import source_state
from asr.data.utterance import Corpus, Split

_PROBES = 4096  # audio files that are looked at before an index is used again


def open_index(corpus: Corpus, split: Split, shortest: float = 0, longest: float = 1e9) -> Index:
    """The index of a split: one that was kept if it still holds, else a new one.

    A corpus that cannot say whether it has changed is indexed anew each time, as one is where
    nothing can be kept. Processes that want the same index wait for the first to build it.

    Args:
        shortest: least duration to keep, in seconds.
        longest: greatest duration to keep, in seconds.

    Raises:
        InputError: the corpus cannot be read, or two utterances have the same id.
    """
    state = source_state(corpus, split)
    folder = cache_folder()
    if state is None or folder is None:
        return Index.of(corpus.utterances(split), shortest, longest)
    key = hashlib.blake2b(f"{state} {shortest!r} {longest!r}".encode(), digest_size=8).hexdigest()
    path = folder / f"{type(corpus).__name__}-{split}-{key}.arrow"
    with FileLock(path.with_suffix(".lock")):
        kept = _kept(path)
        return _built(path, corpus, split, shortest, longest) if kept is None else kept


def cache_folder() -> Path | None:
    """Where indexes are kept: under ``$ASR_CACHE``, or where the system keeps such files.

    ``None`` if it cannot be written.
    """
    try:
        folder = _user_cache() / "index"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # no home to be found
        return None
    return folder if os.access(folder, os.W_OK) else None


def _user_cache() -> Path:
    if given := os.environ.get("ASR_CACHE"):
        return Path(given).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", "~/AppData/Local")).expanduser() / "asr/cache"
    if sys.platform == "darwin":
        return Path("~/Library/Caches/asr").expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "asr"


def _built(path: Path, corpus: Corpus, split: Split, shortest: float, longest: float) -> Index:
    partial = path.with_suffix(".partial")  # of a process that was killed: written over
    try:
        write_index(partial, corpus.utterances(split), shortest, longest)
        with partial.open("r+b") as file:  # Windows syncs only what may be written
            os.fsync(file.fileno())  # else a power cut could leave the name and not the content
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return Index.open(IndexFile(path))


def _kept(path: Path) -> Index | None:
    try:
        file = IndexFile(path)
    except (OSError, ValueError, pa.ArrowException):
        return None
    index = Index.open(file)
    return index if _audio_is_as_it_was(file, index) else None


def _audio_is_as_it_was(file: IndexFile, index: Index) -> bool:
    """Whether a sample of the audio files, and all that were of no use, are unchanged."""
    every: Rows = np.arange(len(file), dtype=np.uint32)
    numbers = np.union1d(_some(every, _PROBES), _some(index.skipped.rows, 16 * _PROBES))
    return all(
        (row["bytes"], row["modified"]) == file_state(row["path"])
        for row in map(file.row, numbers.tolist())
    )


def _some(rows: Rows, most: int) -> Rows:
    """As many of the rows, evenly spread; all if they are fewer."""
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(int)]
