"""Files that end."""

from pathlib import Path

from asr.errors import InputError


def refuse_endless(path: Path) -> None:
    """Refuse a FIFO or a device, whose reading may never end.

    Raises:
        InputError: the path is of something, and that is no file.
    """
    if path.exists() and not path.is_file():
        raise InputError(f"{path}: is not a regular file; give one")
