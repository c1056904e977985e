"""The file of an index: columns in Arrow's IPC format, written in one go and memory-mapped."""

import mmap
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from asr.errors import InputError

SCHEMA = pa.schema(
    [
        ("id", pa.string()), ("path", pa.string()), ("offset", pa.float64()),
        ("seconds", pa.float64()), ("rate", pa.int32()), ("channels", pa.int32()),
        ("text", pa.string()), ("label", pa.string()), ("speaker", pa.string()),
        ("extras", pa.string()), ("line", pa.string()),
        ("begin", pa.int64()), ("size", pa.int64()),  # of a window; null where there is none
        ("channel", pa.int32()),  # null for all
        ("bytes", pa.int64()), ("modified", pa.int64()),  # of the audio file, to notice a change
        ("reason", pa.string()),  # why the row was left out; null where it was not
    ]
)  # fmt: skip
BATCH = 1 << 14  # rows of every record batch but the last, so that a row is found by division
_MAGIC = 8  # bytes before the first record batch
_LOOKS = 16  # rows that may be looked up until pages are released
_SMALL = 1 << 25  # bytes of a file whose pages are not worth releasing


class IndexWriter:
    """Writes rows as they come, holding no more than a record batch of them.

    Raises:
        InputError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pending: list[Mapping[str, Any]] = []
        self._file, self._writer = self._try(self._open)

    def __enter__(self) -> "IndexWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._try(self._flush, 1)
                self._try(self._writer.close)
        finally:
            self._file.close()

    def append(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows, as mappings from the names of columns."""
        self._pending.extend(rows)
        self._try(self._flush, BATCH)

    def append_columns(self, batch: pa.RecordBatch) -> None:
        """Add :data:`BATCH` rows at once, or fewer as the last; not after :meth:`append`."""
        self._try(self._writer.write_batch, batch)

    def place(self, name: str) -> str | None:
        """Where the row with this id was read, if it was appended before."""
        with pa.OSFile(str(self.path)) as file:
            file.seek(_MAGIC)  # what follows can be read as a stream before it is finished
            for batch in pa.ipc.open_stream(file):
                if (found := _place(batch.to_pylist(), name)) is not None:
                    return found
        return _place(self._pending, name)

    def _open(self) -> tuple[Any, Any]:
        file = pa.OSFile(str(self.path), "wb")
        return file, pa.ipc.new_file(file, SCHEMA)

    def _flush(self, least: int) -> None:
        while len(self._pending) >= least:
            rows, self._pending = self._pending[:BATCH], self._pending[BATCH:]
            self._writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=SCHEMA))

    def _try(self, act: Any, *arguments: Any) -> Any:
        try:
            return act(*arguments)
        except OSError as error:
            raise InputError(
                f"{self.path}: the index cannot be written ({error}); make room there, or set "
                "ASR_CACHE to another folder"
            ) from error


class IndexFile:
    """An index file, open for reading: shared by all processes, and in memory only where read.

    Raises:
        ValueError: the file is not a whole index of this version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        reader = pa.ipc.open_file(pa.BufferReader(pa.py_buffer(self._map)))
        if reader.schema != SCHEMA:
            raise ValueError(f"{path}: has other columns than an index")
        self.batches = [reader.get_batch(i) for i in range(reader.num_record_batches)]
        self._rows = sum(batch.num_rows for batch in self.batches)
        self._looks = 0

    def __len__(self) -> int:
        return self._rows

    def __reduce__(self) -> tuple[Any, ...]:
        return IndexFile, (self.path,)  # another process maps the same pages

    def row(self, number: int) -> dict[str, Any]:
        """One row, as a mapping from the names of columns."""
        batch, place = divmod(number, BATCH)
        [row] = self.batches[batch].slice(place, 1).to_pylist()
        self._looks += 1
        if self._looks % _LOOKS == 0:
            self.release()
        return row

    def release(self) -> None:
        """Let go of the pages that were read, which the system keeps while it has room.

        Else a process that reads at random would in the end count the whole file as its own.
        """
        if hasattr(mmap, "MADV_DONTNEED") and len(self._map) > _SMALL:
            self._map.madvise(mmap.MADV_DONTNEED)


def _place(rows: Sequence[Mapping[str, Any]], name: str) -> str | None:
    return next((str(row["line"] or row["path"]) for row in rows if row["id"] == name), None)
