"""Getting a corpus onto the disk, or saying in one line where it is to be had."""

import csv
import http.client
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from asr.errors import InputError

# What torchaudio lets through when a download, an archive or a layout is not as it should be.
MISHAPS = (
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    EOFError,
    csv.Error,
    http.client.HTTPException,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
)


def need(folder: Path, source: str) -> None:
    """Make sure that a folder of a corpus is there.

    Args:
        source: where the corpus is to be had.

    Raises:
        InputError: it is not.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder}: no such folder; get the corpus from {source} and unpack it there, "
            "as data/README.md shows, or set data_root to where it is"
        )


def fetch(
    root: Path, folder: str, source: str, download: Callable[[Path], object], *, allowed: bool
) -> None:
    """Download and unpack one folder of a corpus, unless it is there already.

    torchaudio takes any folder that exists for a complete one. So the archive is unpacked
    beside the final place and renamed: a download that was cut short leaves no half a corpus.

    Args:
        root: folder of the corpus.
        folder: what the download puts under the root.
        source: where the corpus is to be had.
        download: called with the folder that is to stand for the root.
        allowed: whether to download at all.

    Raises:
        InputError: the folder is missing and may not, or could not, be downloaded.
    """
    if (root / folder).is_dir():
        return
    if not allowed:
        need(root / folder, source)
    partial = root / ".partial"
    try:
        partial.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(partial / folder, ignore_errors=True)  # the archive may stay
        with _only_files_within():
            download(partial)
        (root / folder).parent.mkdir(parents=True, exist_ok=True)
        (partial / folder).replace(root / folder)
    except MISHAPS as error:
        raise InputError(
            f"{root / folder}: could not be downloaded ({one_line(error)}); "
            f"get it from {source} and unpack it there, as data/README.md shows"
        ) from error
    shutil.rmtree(partial)


@contextmanager
def _only_files_within() -> Iterator[None]:
    """Whatever is unpacked meanwhile: regular files and folders, none outside the target."""
    if hasattr(tarfile, "data_filter"):
        with _replaced("extraction_filter", staticmethod(_file_within)):
            yield
        return
    extract = tarfile.TarFile.extract  # Python before 3.10.12 and 3.11.4 has no filters

    def guarded(
        archive: tarfile.TarFile, member: str | tarfile.TarInfo, path: str = "", **options: Any
    ) -> None:
        info = archive.getmember(member) if isinstance(member, str) else member
        extract(archive, _file_within(info, path), path, **options)

    with _replaced("extract", guarded):
        yield


@contextmanager
def _replaced(name: str, value: object) -> Iterator[None]:
    before = getattr(tarfile.TarFile, name)
    setattr(tarfile.TarFile, name, value)
    try:
        yield
    finally:
        setattr(tarfile.TarFile, name, before)


def _file_within(member: tarfile.TarInfo, target: str) -> tarfile.TarInfo:
    if not (member.isreg() or member.isdir()):
        raise tarfile.ReadError(f"{member.name!r} is neither a file nor a folder")
    if not Path(target, member.name).resolve().is_relative_to(Path(target).resolve()):
        raise tarfile.ReadError(f"{member.name!r} would lie outside of its folder")
    return tarfile.data_filter(member, target) if hasattr(tarfile, "data_filter") else member


def one_line(error: Exception) -> str:
    """What an exception says, without line breaks."""
    return " ".join(f"{type(error).__name__}: {error}".split())
