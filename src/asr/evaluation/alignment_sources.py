"""What to align: one recording and its text, a folder of both, or the rows of a manifest."""

from collections.abc import Iterator
from pathlib import Path, PurePath

from asr.errors import InputError
from asr.evaluation.alignment import Recording
from asr.evaluation.source import manifest_rows
from asr.evaluation.transcribe import AUDIO_SUFFIXES, audio_files

_TEXT = ".txt"  # beside each recording of a folder


def one_recording(audio: Path, text: str) -> Recording:
    """A recording, and its text or the file that holds it.

    Raises:
        InputError: ``text`` names a file that is not there or cannot be read.
    """
    path = Path(text)
    if _is_file(path):
        text = _read(path)
    elif path.suffix == _TEXT:
        raise InputError(f"{text}: no such file; give a file with the text, or the text itself")
    return Recording(audio.stem, audio, text)


def folder_recordings(folder: Path) -> Iterator[Recording]:
    """The recordings of a folder, at any depth, each with its text beside it, as ``NAME.txt``.

    Raises:
        InputError: a recording has none, or the folder holds no recordings.
    """
    for audio in audio_files([folder]):
        text = audio.with_suffix(_TEXT)
        if not text.is_file():
            raise InputError(f"{audio}: no {text.name} beside it; write there what is said in it")
        yield Recording(str(audio.relative_to(folder).with_suffix("")), audio, _read(text))


def manifest_recordings(
    file: Path, split: str | None = None, root: Path | None = None
) -> Iterator[Recording]:
    """The rows of a manifest, named by their ids, or their files where those are absolute.

    Raises:
        InputError: the file is no manifest, or no row has the split.
    """
    for row in manifest_rows(file, split, root):
        yield Recording(
            _name(row.id), row.path, row.text or row.label, row.offset, row.seconds, row.line
        )


def _name(identity: str) -> str:
    path = PurePath(identity)
    path = PurePath(path.name) if path.is_absolute() else path
    return str(path.with_suffix("") if path.suffix.lower() in AUDIO_SUFFIXES else path)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a text too long to be a path, or with a NUL
        return False


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not text in UTF-8; convert it") from None
