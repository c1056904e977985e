"""A folder of generated audio: named after what it was generated from, finished by a manifest."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from asr.data.utterance import Extra, Split, Utterance
from asr.errors import InputError


@dataclass(frozen=True, slots=True)
class GeneratedFolder:
    """Where a corpus that makes its own audio keeps it.

    The manifest is written last and appears at once, so a folder without one was interrupted.

    Attributes:
        path: the folder, which need not exist yet.
    """

    path: Path

    @classmethod
    def of(cls, root: str, name: str, arguments: Mapping[str, Extra]) -> "GeneratedFolder":
        """The folder under ``root`` that belongs to these arguments and to no others."""
        text = json.dumps(arguments, sort_keys=True)
        digest = hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
        return cls(Path(root) / f"{name}-{digest}")

    @property
    def manifest(self) -> Path:
        """One JSON object a line, an utterance each; paths are relative to the folder."""
        return self.path / "manifest.jsonl"

    def audio(self, split: Split, index: int) -> Path:
        """Where the audio of an utterance belongs, its folder made if need be."""
        path = self.path / split / f"{index:06d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def finish(self, utterances: Iterable[tuple[Split, Utterance]]) -> None:
        """Write the manifest, once all the audio is on disk."""
        self.path.mkdir(parents=True, exist_ok=True)
        beside = self.manifest.with_suffix(f".{os.getpid()}.partial")
        with beside.open("w", encoding="utf-8") as file:
            for split, utterance in utterances:
                path = utterance.path.relative_to(self.path).as_posix()
                row = {"split": split, **asdict(utterance), "path": path}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        beside.replace(self.manifest)

    def utterances(self, split: Split) -> Iterator[Utterance]:
        """The utterances of one split, in the order in which they were finished.

        Raises:
            InputError: the folder is not finished.
        """
        if not self.manifest.exists():
            raise InputError(f"{self.manifest}: not there; call prepare() to generate the corpus")
        with self.manifest.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                row = json.loads(line)
                if row.pop("split") == split:
                    place = {"path": self.path / row["path"], "line": f"{self.manifest}:{number}"}
                    yield Utterance(**{**row, **place})
