"""VCTK 0.92: 44 hours of 110 speakers with many English accents, 48 kHz (Yamagishi, 2019)."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Literal

from torchaudio.datasets import VCTK_092

from asr.data.corpora.on_disk import fetch, need
from asr.data.corpora.split_by_hash import SplitByHash
from asr.data.corpora.torchaudio_listing import listing
from asr.data.utterance import Split, Utterance

_FOLDER = "VCTK-Corpus-0.92"
_SOURCE = "https://datashare.ed.ac.uk/handle/10283/3443"


class VCTK:
    """Newspaper sentences, about 400 from each speaker; the corpus defines no splits.

    Each speaker falls into one split by a hash of the name. Some texts (the rainbow passage, the
    elicitation paragraph) are read by all.

    Args:
        root: folder that holds, or will hold, ``VCTK-Corpus-0.92/``.
        microphone: which of the two recordings of each utterance.
        val: share of the speakers for validation.
        test: share of the speakers for testing.
        download: whether to download what is missing.
    """

    def __init__(
        self,
        root: str,
        *,
        microphone: Literal["mic1", "mic2"] = "mic2",
        val: float = 0.1,
        test: float = 0.1,
        download: bool = True,
    ) -> None:
        self.root = Path(root)
        self.microphone = microphone
        self.split_of = SplitByHash(val, test)
        self.download = download

    def prepare(self) -> None:
        fetch(
            self.root,
            _FOLDER,
            _SOURCE,
            partial(VCTK_092, download=True),
            allowed=self.download,
        )

    def sources(self, split: Split) -> list[Path]:
        return [self.root / _FOLDER]

    def utterances(self, split: Split) -> Iterator[Utterance]:
        folder = self.root / _FOLDER
        need(folder, _SOURCE)
        for clip in listing(lambda: VCTK_092(self.root, mic_id=self.microphone), folder):
            transcript, speaker, number = clip.fields
            if self.split_of(speaker) == split:
                yield Utterance(
                    id=f"{speaker}_{number}",
                    path=clip.path,
                    text=transcript.strip(),
                    speaker=speaker,
                )
