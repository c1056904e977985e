"""A part of a file that is a file of its own, such as a member of an archive."""

import io
from pathlib import Path
from typing import Any, NamedTuple


class Window(NamedTuple):
    """Where in a file the part lies, in bytes."""

    begin: int
    size: int


def open_window(path: Path, window: Window) -> io.BufferedReader:
    """The part as a file that can be read and searched, and has no other bytes.

    Raises:
        OSError: the file cannot be opened.
        ValueError: it ends before the part does.
    """
    return io.BufferedReader(_Part(path, window), 1 << 16)


class _Part(io.RawIOBase):
    def __init__(self, path: Path, window: Window) -> None:
        super().__init__()
        self._window, self._place = window, 0
        self._file = path.open("rb", buffering=0)
        length = self._file.seek(0, io.SEEK_END)
        if min(window) < 0 or window.begin + window.size > length:
            self._file.close()
            raise ValueError(
                f"holds {length} bytes, but is said to have {window.size} from {window.begin} on"
            )

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._window.size}
        self._place = max(0, origin[whence] + offset)
        return self._place

    def readinto(self, buffer: Any) -> int:
        room = memoryview(buffer)[: max(0, self._window.size - self._place)]
        self._file.seek(self._window.begin + self._place)
        count = self._file.readinto(room) if len(room) else 0
        self._place += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
