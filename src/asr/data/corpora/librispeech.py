"""LibriSpeech: a thousand hours of read English, 16 kHz (Panayotov et al., 2015; OpenSLR 12)."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from torchaudio.datasets import LIBRISPEECH

from asr.data.corpora.on_disk import fetch, need
from asr.data.corpora.torchaudio_listing import metadata
from asr.data.utterance import Split, Utterance

Subset = Literal[
    "train-clean-100",
    "train-clean-360",
    "train-other-500",
    "dev-clean",
    "dev-other",
    "test-clean",
    "test-other",
]
_SOURCE = "https://www.openslr.org/12"


class LibriSpeech:
    """Chapters of audiobooks, cut into sentences; transcripts in capitals without punctuation.

    No speaker is in two subsets.

    Args:
        root: folder that holds, or will hold, ``LibriSpeech/``.
        train: subsets to train on.
        val: subsets for validation.
        test: subsets for testing.
        download: whether to download what is missing.
    """

    def __init__(
        self,
        root: str,
        *,
        train: Sequence[Subset] = ("train-clean-100",),
        val: Sequence[Subset] = ("dev-clean",),
        test: Sequence[Subset] = ("test-clean",),
        download: bool = True,
    ) -> None:
        self.root = Path(root)
        self.subsets: dict[Split, Sequence[Subset]] = {"train": train, "val": val, "test": test}
        self.download = download

    def prepare(self) -> None:
        for subset in dict.fromkeys(name for names in self.subsets.values() for name in names):
            fetch(
                self.root,
                f"LibriSpeech/{subset}",
                _SOURCE,
                partial(LIBRISPEECH, url=subset, download=True),
                allowed=self.download,
            )

    def sources(self, split: Split) -> list[Path]:
        return [self.root / "LibriSpeech" / subset for subset in self.subsets[split]]

    def utterances(self, split: Split) -> Iterator[Utterance]:
        for subset in self.subsets[split]:
            yield from self._of(subset)

    def _of(self, subset: Subset) -> Iterator[Utterance]:
        archive = self.root / "LibriSpeech"
        need(archive / subset, _SOURCE)
        clips = metadata(lambda: LIBRISPEECH(self.root, url=subset), archive / subset)
        for path, _, transcript, speaker, _, _ in clips:
            yield Utterance(
                id=Path(path).stem,
                path=archive / path,
                text=transcript,
                speaker=str(speaker),
                extras={"subset": subset},
            )
