"""YesNo: sixty recordings of eight Hebrew words each, 8 kHz, one speaker (OpenSLR 1)."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from torchaudio.datasets import YESNO

from asr.data.corpora.on_disk import fetch, need
from asr.data.corpora.torchaudio_listing import listing
from asr.data.utterance import Split, Utterance
from asr.errors import InputError

_FOLDER = "waves_yesno"
_SOURCE = "https://www.openslr.org/1"
_WORDS = ("no", "yes")
_TRAINING = 30


class YesNo:
    """The name of each recording is its transcript: ``1_0_...wav`` is "yes no ...".

    The customary split: of the recordings in sorted order the first thirty are for training, the
    last thirty for testing. Validation takes some of the first thirty, never of the last.

    Args:
        root: folder that holds, or will hold, ``waves_yesno/``.
        download: whether to download what is missing.
        validation: how many of the first thirty, spread evenly, to hold out for validation. With
            0 the training recordings themselves are validated on: a sign of life, no estimate.

    Raises:
        InputError: ``validation`` leaves nothing to train on.
    """

    def __init__(self, root: str, *, download: bool = True, validation: int = 0) -> None:
        if not 0 <= validation < _TRAINING:
            raise InputError(f"validation={validation}: give 0 to {_TRAINING - 1} recordings")
        self.root = Path(root)
        self.download = download
        self.validation = validation

    def prepare(self) -> None:
        fetch(
            self.root,
            _FOLDER,
            _SOURCE,
            partial(YESNO, download=True),
            allowed=self.download,
        )

    def sources(self, split: Split) -> list[Path]:
        return [self.root / _FOLDER]

    def utterances(self, split: Split) -> Iterator[Utterance]:
        need(self.root / _FOLDER, _SOURCE)
        clips = list(listing(lambda: YESNO(self.root), self.root / _FOLDER))
        held_out = {
            _TRAINING * (2 * i + 1) // (2 * self.validation) for i in range(self.validation)
        }
        for index, clip in enumerate(clips):
            if split not in _splits(index, held_out):
                continue
            yield Utterance(
                id=clip.path.stem,
                path=clip.path,
                text=" ".join(_WORDS[digit] for digit in clip.fields[0]),
            )


def _splits(index: int, held_out: set[int]) -> tuple[Split, ...]:
    if index >= _TRAINING:
        return ("test",)
    if not held_out:
        return ("train", "val")
    return ("val",) if index in held_out else ("train",)
