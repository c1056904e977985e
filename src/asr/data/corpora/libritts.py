"""LibriTTS: 585 hours of read English, 24 kHz, with punctuation (Zen et al., 2019; OpenSLR 60)."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from torchaudio.datasets import LIBRITTS

from asr.data.corpora.librispeech import Subset
from asr.data.corpora.on_disk import fetch, need
from asr.data.corpora.torchaudio_listing import listing
from asr.data.utterance import Split, Utterance

_SOURCE = "https://www.openslr.org/60"


class LibriTTS:
    """The audiobooks of LibriSpeech, cut at sentences, with case and punctuation.

    The subsets have the names, and the separate speakers, of LibriSpeech's.

    Args:
        root: folder that holds, or will hold, ``LibriTTS/``.
        train: subsets to train on.
        val: subsets for validation.
        test: subsets for testing.
        normalized: whether the transcript is the one with numbers and abbreviations spelt out.
        download: whether to download what is missing.
    """

    def __init__(
        self,
        root: str,
        *,
        train: Sequence[Subset] = ("train-clean-100",),
        val: Sequence[Subset] = ("dev-clean",),
        test: Sequence[Subset] = ("test-clean",),
        normalized: bool = True,
        download: bool = True,
    ) -> None:
        self.root = Path(root)
        self.subsets: dict[Split, Sequence[Subset]] = {"train": train, "val": val, "test": test}
        self.normalized = normalized
        self.download = download

    def prepare(self) -> None:
        for subset in dict.fromkeys(name for names in self.subsets.values() for name in names):
            fetch(
                self.root,
                f"LibriTTS/{subset}",
                _SOURCE,
                partial(LIBRITTS, url=subset, download=True),
                allowed=self.download,
            )

    def sources(self, split: Split) -> list[Path]:
        return [self.root / "LibriTTS" / subset for subset in self.subsets[split]]

    def utterances(self, split: Split) -> Iterator[Utterance]:
        for subset in self.subsets[split]:
            yield from self._of(subset)

    def _of(self, subset: Subset) -> Iterator[Utterance]:
        folder = self.root / "LibriTTS" / subset
        need(folder, _SOURCE)
        for clip in listing(lambda: LIBRITTS(self.root, url=subset), folder):
            original, normalized, speaker, _, name = clip.fields
            yield Utterance(
                id=name,
                path=clip.path,
                text=(normalized if self.normalized else original).strip(),
                speaker=str(speaker),
                extras={"subset": subset},
            )
