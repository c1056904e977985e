"""CMU ARCTIC: 1132 phonetically balanced sentences, read by each of 18 speakers, 16 kHz."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from torchaudio.datasets import CMUARCTIC

from asr.data.corpora.on_disk import fetch, need
from asr.data.corpora.torchaudio_listing import listing
from asr.data.utterance import Split, Utterance
from asr.errors import InputError

Speaker = Literal[
    "aew", "ahw", "aup", "awb", "axb", "bdl", "clb", "eey", "fem",
    "gka", "jmk", "ksp", "ljm", "lnh", "rms", "rxr", "slp", "slt",
]  # fmt: skip
# With "www.", as torchaudio spells it by itself, it finds no checksum and verifies nothing.
_SOURCE = "http://festvox.org/cmu_arctic/packed/"


class CMUArctic:
    """One archive for each speaker; the corpus defines no splits, so speakers are assigned to them.

    By default seven of the eighteen. All read the same sentences: the test tells how well a new
    speaker is recognised, but nothing about new texts.

    Args:
        root: folder that holds, or will hold, ``ARCTIC/``.
        train: speakers to train on.
        val: speakers for validation.
        test: speakers for testing.
        download: whether to download what is missing.

    Raises:
        InputError: a speaker is in two splits.
    """

    def __init__(
        self,
        root: str,
        *,
        train: Sequence[Speaker] = ("awb", "bdl", "clb", "jmk", "ksp"),
        val: Sequence[Speaker] = ("rms",),
        test: Sequence[Speaker] = ("slt",),
        download: bool = True,
    ) -> None:
        self.root = Path(root)
        self.speakers: dict[Split, Sequence[Speaker]] = {"train": train, "val": val, "test": test}
        self.download = download
        everyone = [*train, *val, *test]
        if twice := sorted({speaker for speaker in everyone if everyone.count(speaker) > 1}):
            raise InputError(f"speakers {twice} are listed twice; give each to one split")

    def prepare(self) -> None:
        for speaker in (speaker for speakers in self.speakers.values() for speaker in speakers):
            fetch(
                self.root,
                f"ARCTIC/{_name(speaker)}",
                _SOURCE,
                partial(CMUARCTIC, url=_url(speaker), download=True),
                allowed=self.download,
            )

    def sources(self, split: Split) -> list[Path]:
        return [self.root / "ARCTIC" / _name(speaker) for speaker in self.speakers[split]]

    def utterances(self, split: Split) -> Iterator[Utterance]:
        for speaker in self.speakers[split]:
            yield from self._of(speaker)

    def _of(self, speaker: Speaker) -> Iterator[Utterance]:
        folder = self.root / "ARCTIC" / _name(speaker)
        need(folder, _SOURCE)
        for clip in listing(lambda: CMUARCTIC(self.root, url=_url(speaker)), folder):
            yield Utterance(
                id=f"{speaker}-{clip.path.stem}",
                path=clip.path,
                text=clip.fields[0],
                speaker=speaker,
            )


def _name(speaker: Speaker) -> str:
    return f"cmu_us_{speaker}_arctic"


def _url(speaker: Speaker) -> str:
    return f"{_SOURCE}{_name(speaker)}.tar.bz2"
