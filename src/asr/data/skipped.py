"""Utterances that were left out, in columns like those that were not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import pyarrow as pa

from asr.data.index_file import IndexFile

Rows = np.ndarray[Any, np.dtype[np.uint32]]


@dataclass(frozen=True, slots=True)
class Skipped:
    """An utterance that was left out.

    Attributes:
        id: of the utterance.
        path: of its audio.
        reason: why, in plain words.
        line: where the row was read, if it came from a file.
    """

    id: str
    path: str
    reason: str
    line: str = ""


class SkippedRows(Sequence[Skipped]):
    """Rows of an index file with the reason for each.

    Args:
        rows: their numbers.
        reasons: of them, in the same order.
    """

    def __init__(self, file: IndexFile, rows: Rows, reasons: pa.ChunkedArray) -> None:
        self._file, self.rows, self._reasons = file, rows, reasons

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, place: int) -> Skipped: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Skipped]: ...

    def __getitem__(self, place: int | slice) -> Skipped | Sequence[Skipped]:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        place = range(len(self))[place]  # from the end where negative; ends an iteration
        row = self._file.row(int(self.rows[place]))
        return Skipped(row["id"], row["path"], self._reasons[place].as_py(), row["line"])

    def reasons(self) -> Iterator[str]:
        """Why each was left out, in plain words."""
        return (reason for part in self._reasons.chunks for reason in part.to_pylist())

    def and_(self, rows: Rows, reasons: pa.ChunkedArray) -> "SkippedRows":
        """These rows and after them others."""
        both = pa.chunked_array([*self._reasons.chunks, *reasons.chunks], pa.string())
        return SkippedRows(self._file, np.concatenate([self.rows, rows]), both)
