"""Audio SNIPS: commands to an assistant, spoken by 16 synthetic voices (Coucke et al., 2018)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from torchaudio.datasets import Snips as TorchaudioSnips

from asr.data.corpora.on_disk import need
from asr.data.corpora.torchaudio_listing import metadata
from asr.data.utterance import Split, Utterance

_SOURCE = "https://github.com/aws-samples/aws-lex-noisy-spoken-language-understanding (by hand)"
_SUBSETS: dict[Split, str] = {"train": "train", "val": "valid", "test": "test"}


class Snips:
    """The label is the intent; the slots, one tag for each word, are in the extras.

    The splits are the corpus's own: no sentence is in two of them, every voice may be in all.

    Args:
        root: folder that holds ``SNIPS/``.
        audio_format: extension of the recordings.
    """

    def __init__(self, root: str, *, audio_format: Literal["mp3", "wav"] = "mp3") -> None:
        self.root = Path(root)
        self.audio_format = audio_format

    def prepare(self) -> None:
        need(self.root / "SNIPS", _SOURCE)

    def sources(self, split: Split) -> list[Path]:
        return [self.root / "SNIPS"]

    def utterances(self, split: Split) -> Iterator[Utterance]:
        folder = self.root / "SNIPS"
        subset = _SUBSETS[split]
        need(folder / subset, _SOURCE)
        clips = metadata(
            lambda: TorchaudioSnips(self.root, subset, audio_format=self.audio_format),
            folder / subset,
        )
        for path, _, name, transcript, slots, intent in clips:
            yield Utterance(
                id=name,
                path=folder / path,
                text=transcript,
                label=intent,
                speaker=name.partition("-")[0],
                extras={"slots": slots},
            )
