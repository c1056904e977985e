"""Speech Commands: one-second clips of 35 words from thousands of speakers (Warden, 2018)."""

import difflib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from torchaudio.datasets import SPEECHCOMMANDS

from asr.data.corpora.on_disk import fetch, need
from asr.data.corpora.torchaudio_listing import metadata
from asr.data.utterance import Split, Utterance
from asr.errors import InputError

_SOURCE = "http://download.tensorflow.org/data/"
_SUBSETS: dict[Split, str] = {"train": "training", "val": "validation", "test": "testing"}


class SpeechCommands:
    """The label, and the transcript, of a clip is the word that its folder is named after.

    The splits are the corpus's own lists, which share no speaker (section 5 of
    https://arxiv.org/abs/1804.03209); what is in neither list is for training.

    Args:
        root: folder that holds, or will hold, ``SpeechCommands/``.
        download: whether to download what is missing.
        version: which release.
        words: the words to keep; ``None`` keeps all.
    """

    def __init__(
        self,
        root: str,
        *,
        download: bool = True,
        version: Literal["speech_commands_v0.01", "speech_commands_v0.02"] = (
            "speech_commands_v0.02"
        ),
        words: Sequence[str] | None = None,
    ) -> None:
        self.root = Path(root)
        self.download = download
        self.version = version
        self.words = words
        self.folder = f"SpeechCommands/{version}"

    def prepare(self) -> None:
        fetch(
            self.root,
            self.folder,
            f"{_SOURCE}{self.version}.tar.gz",
            partial(SPEECHCOMMANDS, url=self.version, download=True),
            allowed=self.download,
        )

    def sources(self, split: Split) -> list[Path]:
        return [self.root / self.folder]

    def utterances(self, split: Split) -> Iterator[Utterance]:
        folder = self.root / self.folder
        need(folder, f"{_SOURCE}{self.version}.tar.gz")
        self._refuse_unknown_words(folder)
        clips = metadata(
            lambda: SPEECHCOMMANDS(self.root, url=self.version, subset=_SUBSETS[split]), folder
        )
        for path, _, word, speaker, _ in sorted(clips):
            if self.words is None or word in self.words:
                yield Utterance(
                    id=f"{word}/{Path(path).stem}",
                    path=self.root / "SpeechCommands" / path,
                    text=word,
                    label=word,
                    speaker=speaker,
                )

    def _refuse_unknown_words(self, folder: Path) -> None:
        known = sorted(path.name for path in folder.iterdir() if path.is_dir())
        for word in self.words or ():
            if word not in known:
                close = difflib.get_close_matches(word, known, n=1)
                hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(known)}"
                raise InputError(f"{folder}: has no word {word!r}; {hint}")
