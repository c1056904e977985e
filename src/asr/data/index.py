"""The index of a split: one row for each usable utterance, in columns, and what was left out."""

import hashlib
import json
import os
import shutil
import tempfile
import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from asr.data.index_file import BATCH, IndexFile
from asr.data.index_rows import write_index
from asr.data.skipped import Rows, SkippedRows
from asr.data.utterance import Utterance
from asr.data.window import Window

Mask = np.ndarray[Any, np.dtype[np.bool_]]
_UTTERANCE = (
    "id", "path", "text", "label", "speaker", "offset", "seconds", "extras", "line",
    "begin", "size", "channel",
)  # fmt: skip


class Index:
    """The utterances of a split, in a file that processes share, so that millions cost little.

    What is left out later is left out of the row numbers; the file never changes.

    Args:
        rows: of the file, in ascending order, that are used.

    Attributes:
        skipped: those that are not: first what was of no use, then what was left out later.
    """

    def __init__(self, file: IndexFile, rows: Rows, skipped: SkippedRows) -> None:
        self._file, self._rows, self.skipped = file, rows, skipped

    @classmethod
    def of(
        cls, utterances: Iterable[Utterance], shortest: float = 0, longest: float = 1e9
    ) -> "Index":
        """Read every header and sort out what cannot be used; no audio is decoded.

        The file is a temporary one, and goes with the index.

        Args:
            shortest: least duration to keep, in seconds.
            longest: greatest duration to keep, in seconds.

        Raises:
            InputError: two utterances have the same id.
        """
        folder = Path(tempfile.mkdtemp(prefix="asr-index-"))
        try:
            write_index(folder / "index.arrow", utterances, shortest, longest)
            file = IndexFile(folder / "index.arrow")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        weakref.finalize(file, _remove, folder, os.getpid())
        return cls.open(file)

    @classmethod
    def open(cls, file: IndexFile) -> "Index":
        """The index of all that can be used in ``file``."""
        reasons = [batch.column("reason") for batch in file.batches]
        usable: Mask = np.concatenate(
            [reason.is_null().to_numpy(zero_copy_only=False) for reason in reasons]
            or [np.empty(0, np.bool_)]
        )
        told = [reason.drop_null() for reason in reasons if reason.null_count < len(reason)]
        skipped = SkippedRows(file, _numbers(~usable), pa.chunked_array(told, pa.string()))
        return cls(file, _numbers(usable), skipped)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, row: int) -> Utterance:
        values = self._file.row(int(self._rows[row]))
        return _utterance(*(values[name] for name in _UTTERANCE))

    def __iter__(self) -> Iterator[Utterance]:
        for batch in self.columns(*_UTTERANCE):
            yield from as_utterances(batch)

    def __getstate__(self) -> dict[str, Any]:
        # Not what was computed: a worker needs no more than to find utterances.
        return {name: vars(self)[name] for name in ("_file", "_rows", "skipped")}

    def columns(self, *names: str) -> Iterator[pa.RecordBatch]:
        """Some columns, some thousand rows at a time."""
        for number, batch in enumerate(self._file.batches):
            first = number * BATCH
            # Of the same type as the rows, else all of them are converted for each search.
            begin = int(np.searchsorted(self._rows, np.uint32(first)))
            end = int(np.searchsorted(self._rows, np.uint32(first + BATCH)))
            part = batch.select(list(names))
            if end - begin < batch.num_rows:
                part = part.take(pa.array(self._rows[begin:end] - np.uint32(first)))
            yield part
            self._file.release()

    def values(self, name: str) -> Iterator[Any]:
        """One column, value by value."""
        for batch in self.columns(name):
            yield from batch.column(0).to_pylist()

    def counts(self, name: str) -> Counter[Any]:
        """How often each value of a column occurs."""
        found = Counter[Any]()
        for batch in self.columns(name):
            values, counts = batch.column(0).value_counts().flatten()
            found.update(dict(zip(values.to_pylist(), counts.to_pylist(), strict=True)))
        return found

    @cached_property
    def seconds(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Duration of each utterance."""
        parts = [batch.column(0).to_numpy().copy() for batch in self.columns("seconds")]
        return np.concatenate(parts) if parts else np.empty(0)

    @property
    def files(self) -> Rows:
        """Number of the file that each utterance is in; neighbours in a file share one."""
        found, before, number = list[Rows](), None, -1
        for batch in self.columns("path"):
            path = batch.column(0)
            begins: Mask = np.ones(len(path), np.bool_)
            begins[1:] = pc.not_equal(path[1:], path[:-1]).to_numpy(zero_copy_only=False)
            if len(path):
                begins[0] = path[0].as_py() != before
                before = path[-1].as_py()
            found.append((number + begins.cumsum()).astype(np.uint32))
            number += int(begins.sum())
        return np.concatenate(found) if found else np.empty(0, np.uint32)

    @property
    def hours(self) -> float:
        return float(self.seconds.sum()) / 3600

    @property
    def rates(self) -> Counter[int]:
        """Utterances at each sample rate, in hertz."""
        return self.counts("rate")

    @property
    def channels(self) -> Counter[int]:
        """Utterances with each number of channels."""
        return self.counts("channels")

    @cached_property
    def fingerprint(self) -> str:
        """Hash of what the split holds: ids, durations, texts and labels, in order."""
        digest = hashlib.sha256()
        for name in ("id", "offset", "seconds", "text", "label"):
            for batch in self.columns(name):
                digest.update("".join(f"{v}\0" for v in batch.column(0).to_pylist()).encode())
        return digest.hexdigest()[:16]

    def without(self, fault: Callable[[Utterance], str | None]) -> "Index":
        """The index less those for which ``fault``, asked of each in order, gives a reason."""
        keep: Mask = np.ones(len(self), np.bool_)
        told, reasons = list[pa.Array](), list[str]()
        for row, utterance in enumerate(self):
            reason = fault(utterance)
            if reason is None:
                continue
            keep[row] = False
            reasons.append(reason)
            if len(reasons) == BATCH:
                told.append(pa.array(reasons, pa.string()))
                reasons = []
        told.append(pa.array(reasons, pa.string()))
        skipped = self.skipped.and_(self._rows[~keep], pa.chunked_array(told))
        return Index(self._file, self._rows[keep], skipped)


def as_utterances(batch: pa.RecordBatch) -> Iterator[Utterance]:
    """The rows of an index file as they were before they were written."""
    return map(_utterance, *(batch.column(name).to_pylist() for name in _UTTERANCE))


def _utterance(
    id: str, path: str, text: str, label: str, speaker: str, offset: float, seconds: float,
    extras: str, line: str, begin: int | None, size: int | None, channel: int | None,
) -> Utterance:  # fmt: skip
    known = {} if extras == "{}" else json.loads(extras)
    window = None if begin is None or size is None else Window(begin, size)
    return Utterance(
        id, Path(path), text, label, speaker, offset, seconds, known, line, window, channel
    )


def _numbers(mask: Mask) -> Rows:
    return np.flatnonzero(mask).astype(np.uint32)


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # not in a forked child, whose parent goes on reading
        shutil.rmtree(folder, ignore_errors=True)
