"""TED-LIUM: 118 to 452 hours of TED talks, 16 kHz (Rousseau et al., 2012; OpenSLR 7, 19, 51)."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Literal

from torchaudio.datasets import TEDLIUM

from asr.data.corpora.on_disk import fetch, need
from asr.data.corpora.torchaudio_listing import listing
from asr.data.utterance import Split, Utterance

Release = Literal["release1", "release2", "release3"]
_FOLDERS: dict[Release, str] = {
    "release1": "TEDLIUM_release1",
    "release2": "TEDLIUM_release2",
    "release3": "TEDLIUM_release-3",
}
_SOURCES: dict[Release, str] = {
    "release1": "https://www.openslr.org/7",
    "release2": "https://www.openslr.org/19",
    "release3": "https://www.openslr.org/51",
}
_SUBSETS: dict[Split, str] = {"train": "train", "val": "dev", "test": "test"}
_SAMPLE_RATE = 16_000  # at which torchaudio counts the frames of a segment
_NOT_TRANSCRIBED = "ignore_time_segment_in_scoring"


class Tedlium:
    """Segments of talks, as the corpus's own train, dev and test give them.

    What lies between the segments, and is marked as not to be scored, is left out.

    Args:
        root: folder that holds, or will hold, ``TEDLIUM_release1/`` or its like.
        release: which release; 3 has the most talks, and the dev and test of 2.
        download: whether to download what is missing.
    """

    def __init__(self, root: str, *, release: Release = "release3", download: bool = True) -> None:
        self.root = Path(root)
        self.release = release
        self.download = download

    def prepare(self) -> None:
        fetch(
            self.root,
            _FOLDERS[self.release],
            _SOURCES[self.release],
            partial(TEDLIUM, release=self.release, download=True),
            allowed=self.download,
        )

    def sources(self, split: Split) -> list[Path]:
        return [self.root / _FOLDERS[self.release]]

    def utterances(self, split: Split) -> Iterator[Utterance]:
        folder = self.root / _FOLDERS[self.release]
        need(folder, _SOURCES[self.release])
        clips = listing(
            lambda: TEDLIUM(self.root, release=self.release, subset=_SUBSETS[split]), folder
        )
        for clip in clips:
            transcript, talk, speaker, _ = clip.fields
            if transcript.strip() == _NOT_TRANSCRIBED:
                continue
            end = clip.frame_offset + clip.num_frames
            yield Utterance(
                id=f"{clip.path.stem}-{clip.frame_offset:08d}-{end:08d}",
                path=clip.path,
                text=transcript.strip(),
                speaker=speaker,
                offset=clip.frame_offset / _SAMPLE_RATE,
                seconds=clip.num_frames / _SAMPLE_RATE,
                extras={"talk": talk},
            )
