"""Any corpus that comes as a manifest: JSON lines, as NeMo writes them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from asr.data.corpora.json_lines import read_json_lines
from asr.data.corpora.manifest_row import missing_key, to_utterance
from asr.data.repeats import Repeats
from asr.data.utterance import Split, Utterance
from asr.errors import InputError

_SPLITS: Mapping[Split, Sequence[str | int]] = {
    "train": ["train"],
    "val": ["dev", "val", "valid"],
    "test": ["test"],
}
_CHUNK = 4096  # rows whose ids are compared at a time


class Manifest:
    """One object a line: ``audio_filepath``, ``text`` or ``label`` or both, and more if known.

    ``audio_filepath`` is relative to the manifest, whose folder it must not leave, or absolute.
    ``offset`` and ``duration``, in seconds, cut a part out of it. ``speaker`` and ``id`` mean what
    they say; without an ``id`` the path serves, with the offset if there is one. Whatever else is
    a number, a string, true or false goes to the extras.

    Either one file for each split, or one file for all with a column that tells them apart.

    Args:
        train: manifest to train on.
        val: manifest for validation; may be the same file as another.
        test: manifest for testing.
        path: one manifest for all splits, instead.
        column: key of ``path`` that tells the splits apart: ``split``, ``fold``, ``speaker``.
        splits: for each split the values of the column that belong to it; a value may be in
            several, rows with other values are left out. ``None`` for all values that no split
            names, which is how one fold or speaker is left out of training.
        roots: folders in which audio may lie beside the manifest's own; where they are given, so
            must absolute paths.

    Raises:
        InputError: neither or both of the two forms are given.
    """

    def __init__(
        self,
        *,
        train: str | None = None,
        val: str | None = None,
        test: str | None = None,
        path: str | None = None,
        column: str = "split",
        splits: Mapping[Split, Sequence[str | int] | None] = _SPLITS,
        roots: Sequence[str] | None = None,
    ) -> None:
        given: dict[Split, str | None] = {"train": train, "val": val, "test": test}
        self.files = {split: Path(file) for split, file in given.items() if file}
        self.path = Path(path) if path else None
        self.column = column
        self.splits = splits
        self.roots = None if roots is None else [Path(root).absolute() for root in roots]
        if bool(self.files) == bool(self.path):
            raise InputError(
                "manifest: give corpus.path, one file with a column for the split, "
                "or corpus.train, corpus.val and corpus.test, not both"
            )
        # Where the manifests lie in several folders, equal relative paths are different files.
        folders = [file.absolute().parent for file in self._all_files()]
        self.common = Path(os.path.commonpath(folders))

    def prepare(self) -> None:
        for file in self._all_files():
            if not file.is_file():
                raise InputError(f"{file}: no such manifest; check the path")

    def sources(self, split: Split) -> list[Path]:
        return [self.path] if self.path else [self.files[split]] if split in self.files else []

    def utterances(self, split: Split) -> Iterator[Utterance]:
        if self.path:
            yield from self._with_value(self.path, split)
        elif file := self.files.get(split):
            yield from (utterance for _, utterance in self._read(file))
        else:
            raise InputError(f"no manifest for {split}; set corpus.{split}")

    def _all_files(self) -> list[Path]:
        return [self.path] if self.path else list(self.files.values())

    def _with_value(self, path: Path, split: Split) -> Iterator[Utterance]:
        named = {str(value) for values in self.splits.values() for value in values or ()}
        own = self.splits.get(split, ())
        wanted = None if own is None else {str(value) for value in own}
        others: set[str] = set()
        found = False
        for row, utterance in self._read(path):
            if self.column not in row:
                raise missing_key([self.column], row, utterance.line)
            value = str(row[self.column])
            if value not in named if wanted is None else value in wanted:
                found = True
                yield utterance
            elif len(others) < 10:  # enough for an error message
                others.add(value)
        if not found:
            expected = "other than those named" if wanted is None else f"one of {sorted(wanted)}"
            raise InputError(
                f"{path}: no row for {split}: {self.column!r} is never {expected}, "
                f"but {sorted(others)}; set corpus.splits.{split}"
            )

    def _read(self, file: Path) -> Iterator[tuple[dict[str, Any], Utterance]]:
        repeats = Repeats()
        rows = self._rows(file)
        while chunk := list(islice(rows, _CHUNK)):
            for position in repeats.among([utterance.id for _, utterance in chunk]):
                self._refuse_repeated(file, chunk[position][1])
            yield from chunk

    def _rows(self, file: Path) -> Iterator[tuple[dict[str, Any], Utterance]]:
        folder = file.absolute().parent
        prefix = folder.relative_to(self.common).as_posix()
        for number, row in read_json_lines(file):
            yield row, to_utterance(row, folder, prefix, f"{file}:{number}", self.roots)

    def _refuse_repeated(self, file: Path, utterance: Utterance) -> None:
        places = (other.line for _, other in self._rows(file) if other.id == utterance.id)
        if (first := next(places)) != utterance.line:
            raise InputError(
                f"{utterance.line}: {utterance.id!r} was there before, in {first}; "
                "remove the row or give it an 'id' of its own"
            )
