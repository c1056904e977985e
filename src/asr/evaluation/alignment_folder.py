"""A folder with one file for each recording that was aligned."""

from pathlib import Path, PurePath

from asr.errors import InputError
from asr.evaluation.alignment import Alignment
from asr.evaluation.alignment_format import FORMATS


class AlignmentFolder:
    """Files called like their recordings, whose names may have folders.

    Attributes:
        recordings: written so far.
        words: in them.
    """

    def __init__(self, folder: Path, form: str) -> None:
        self.folder, self.form = folder, form
        self.words = 0
        self._written: set[PurePath] = set()

    @property
    def recordings(self) -> int:
        return len(self._written)

    def write(self, aligned: Alignment) -> None:
        """Write the file of a recording.

        Raises:
            InputError: its name leads out of the folder, or was that of another recording.
        """
        name = PurePath(aligned.name)
        if name.is_absolute() or ".." in name.parts or "\0" in aligned.name or not name.name:
            raise InputError(
                f"{aligned.file}: no file can be called {aligned.name!r}; give the row another id"
            )
        if name in self._written:
            raise InputError(
                f"{aligned.file}: {aligned.name!r} is the name of two recordings; give each an id"
            )
        self._written.add(name)
        file = self.folder / f"{name}.{self.form}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(FORMATS[self.form](aligned), encoding="utf-8")
        self.words += len(aligned.words)
