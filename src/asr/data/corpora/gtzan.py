"""GTZAN: thirty-second excerpts of music in ten genres, 22.05 kHz (Tzanetakis and Cook, 2002)."""

from collections.abc import Iterator
from pathlib import Path

from torchaudio.datasets import GTZAN as TorchaudioGTZAN  # noqa: N811

from asr.data.corpora.on_disk import need
from asr.data.corpora.torchaudio_listing import listing
from asr.data.utterance import Split, Utterance

_SOURCE = (
    "http://marsyas.info/downloads/datasets.html or a mirror (by hand: the archive is offline)"
)
_SUBSETS: dict[Split, str] = {"train": "training", "val": "validation", "test": "testing"}


class GTZAN:
    """The label of an excerpt is its genre.

    The splits are the fault-filtered lists that torchaudio ships, without the repetitions and
    distortions that flatter or spoil results on the whole corpus (Kereliuk et al., 2015,
    https://arxiv.org/abs/1507.04761; the faults: https://arxiv.org/abs/1306.1461).

    Args:
        root: folder that holds ``genres/``.
    """

    def __init__(self, root: str) -> None:
        self.root = Path(root)

    def prepare(self) -> None:
        need(self.root / "genres", _SOURCE)

    def sources(self, split: Split) -> list[Path]:
        return [self.root / "genres"]

    def utterances(self, split: Split) -> Iterator[Utterance]:
        folder = self.root / "genres"
        need(folder, _SOURCE)
        clips = listing(lambda: TorchaudioGTZAN(self.root, subset=_SUBSETS[split]), folder)
        for clip in sorted(clips):
            yield Utterance(id=clip.path.stem, path=clip.path, label=clip.fields[0])
