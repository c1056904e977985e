"""Whether the path of a recording stays where a manifest may send its reader."""

# ruff: noqa: PTH114, PTH117, PTH118, PTH119, PTH120
# Strings in place of Paths, and folders resolved once: this is asked of every row.

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

_SYSTEM = ("/dev/", "/proc/", "/sys/", "/etc/", "/boot/")
_MEMORY = "/dev/shm/"  # a disk in memory, where data may well lie


def outside(audio: str, folder: Path, roots: Sequence[Path] | None = None) -> str | None:
    """Why the recording must not be read, if so.

    A relative path, which may have come from elsewhere with its manifest, must not lead out of
    the manifest's folder, be it by ``..`` or by a link. An absolute one was written for this
    machine, and may name any file but the system's own.

    Args:
        audio: absolute, or relative to ``folder``.
        folder: of the manifest.
        roots: where given, all audio must lie in the manifest's folder or in one of these.
    """
    path = os.path.join(folder, audio)
    place = os.path.join(_real(os.path.dirname(path)), os.path.basename(path))
    place = os.path.realpath(place) if os.path.islink(place) else os.path.normpath(place)
    if place.startswith(_SYSTEM) and not place.startswith(_MEMORY):
        return "is in a folder of the system; give an audio file"
    if roots is None and os.path.isabs(audio):
        return None
    allowed = (_real(str(root)).rstrip("/") + "/" for root in (folder, *(roots or ())))
    if any(place.startswith(root) for root in allowed):
        return None
    return (
        f"leads out of {folder}; if that is meant, allow it by corpus.roots="
        f"['{os.path.dirname(place)}'] or by --root"
    )


@lru_cache(maxsize=4096)
def _real(folder: str) -> str:
    return os.path.realpath(folder)
