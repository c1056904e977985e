"""LJ Speech: 24 hours of one speaker reading non-fiction, 22.05 kHz (Ito and Johnson, 2017)."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from torchaudio.datasets import LJSPEECH

from asr.data.corpora.on_disk import fetch, need
from asr.data.corpora.torchaudio_listing import listing
from asr.data.utterance import Split, Utterance
from asr.errors import InputError

_FOLDER = "LJSpeech-1.1"
_SOURCE = "https://keithito.com/LJ-Speech-Dataset/"


class LJSpeech:
    """Recordings named ``LJ<chapter>-<number>``; the corpus defines no splits.

    By default those of FastSpeech 2, section 3.1 (https://arxiv.org/abs/2006.04558): chapter LJ003
    for validation, LJ001 and LJ002 for testing. Whole chapters, so that no text runs on from one
    split into another. The speaker is the same throughout.

    Args:
        root: folder that holds, or will hold, ``LJSpeech-1.1/``.
        val: chapters for validation.
        test: chapters for testing; the others are for training.
        normalized: whether the transcript is the one with numbers and abbreviations spelt out.
        download: whether to download what is missing.

    Raises:
        InputError: a chapter is for both validation and testing.
    """

    def __init__(
        self,
        root: str,
        *,
        val: Sequence[str] = ("LJ003",),
        test: Sequence[str] = ("LJ001", "LJ002"),
        normalized: bool = True,
        download: bool = True,
    ) -> None:
        if both := sorted(set(val) & set(test)):
            raise InputError(f"chapters {both} are in val and in test; leave them in one")
        self.root = Path(root)
        self.val = val
        self.test = test
        self.normalized = normalized
        self.download = download

    def prepare(self) -> None:
        fetch(
            self.root,
            _FOLDER,
            _SOURCE,
            partial(LJSPEECH, download=True),
            allowed=self.download,
        )

    def sources(self, split: Split) -> list[Path]:
        return [self.root / _FOLDER]

    def utterances(self, split: Split) -> Iterator[Utterance]:
        folder = self.root / _FOLDER
        need(folder, _SOURCE)
        for clip in listing(lambda: LJSPEECH(self.root), folder):
            chapter = clip.path.stem.partition("-")[0]
            if self._split(chapter) != split:
                continue
            transcript, normalized = clip.fields
            yield Utterance(
                id=clip.path.stem,
                path=clip.path,
                text=normalized if self.normalized else transcript,
                speaker="LJ",
                extras={"chapter": chapter},
            )

    def _split(self, chapter: str) -> Split:
        if chapter in self.test:
            return "test"
        return "val" if chapter in self.val else "train"
