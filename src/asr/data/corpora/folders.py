"""Recordings sorted into folders, one folder for each class."""

import re
from collections.abc import Iterator
from pathlib import Path

from asr.data.corpora.split_by_hash import SplitByHash
from asr.data.utterance import Split, Utterance
from asr.errors import InputError

EXTENSIONS = {".wav", ".flac", ".ogg", ".opus", ".mp3"}


class Folders:
    """The label, and the text, of a recording is the name of its folder.

    Two layouts: ``root/<split>/<class>/...`` with the splits ``train``, ``val`` and ``test``, which
    is assumed if there is a folder ``root/train``; or ``root/<class>/...``, where a hash of the
    file's name without extension, or of its speaker, decides on the split. Deeper folders belong
    to the class above them. Other files, and names that begin with a dot, are passed over.

    Args:
        root: the folder.
        val: share for validation where there are no folders for splits.
        test: share for testing where there are no folders for splits.
        speaker: regular expression with one group that finds the speaker in the file's name, such
            as ``^([^_]+)_``; a speaker is then never in two splits.

    Raises:
        InputError: ``speaker`` is not such an expression.
    """

    def __init__(
        self, root: str, *, val: float = 0.1, test: float = 0.1, speaker: str | None = None
    ) -> None:
        self.root = Path(root)
        self.split_of = SplitByHash(val, test)
        self.speaker = None if speaker is None else _with_one_group(speaker)

    def prepare(self) -> None:
        _need(self.root)

    def sources(self, split: Split) -> list[Path]:
        return [self.root]

    def utterances(self, split: Split) -> Iterator[Utterance]:
        _need(self.root)
        has_splits = (self.root / "train").is_dir()
        folder = self.root / split if has_splits else self.root
        _need(folder)
        paths = [path for path in sorted(folder.glob("*/**/*")) if _is_recording(path, folder)]
        if not paths:
            raise InputError(
                f"{folder}: no recordings ({', '.join(sorted(EXTENSIONS))}) in folders of it; "
                "make one folder for each class"
            )
        for path in paths:
            speaker = self._speaker_of(path)
            if not has_splits and self.split_of(speaker or path.stem) != split:
                continue
            label = path.relative_to(folder).parts[0]
            name = path.relative_to(self.root).as_posix()
            yield Utterance(id=name, path=path, text=label, label=label, speaker=speaker)

    def _speaker_of(self, path: Path) -> str:
        if self.speaker is None:
            return ""
        found = self.speaker.search(path.stem)
        if not found or not found[1]:
            raise InputError(
                f"{path}: no speaker found by {self.speaker.pattern!r}; "
                "rename the file or mend corpus.speaker"
            )
        return found[1]


def _need(folder: Path) -> None:
    if not folder.is_dir():
        raise InputError(
            f"{folder}: no such folder; make it, with one folder for each class, or set corpus.root"
        )


def _is_recording(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.suffix.lower() in EXTENSIONS and not hidden and path.is_file()


def _with_one_group(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise InputError(f"speaker={pattern!r}: not a regular expression ({error})") from None
    if compiled.groups != 1:
        raise InputError(
            f"speaker={pattern!r}: has {compiled.groups} groups; put one pair of brackets "
            "around the speaker, as in '^([^_]+)_'"
        )
    return compiled
