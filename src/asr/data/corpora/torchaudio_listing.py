"""What the dataset classes of torchaudio know about their recordings, without decoding any."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
import torchaudio

from asr.data.corpora.on_disk import MISHAPS, one_line
from asr.errors import InputError


class Listed(NamedTuple):
    """One item of a dataset.

    Attributes:
        path: the file that the dataset would decode.
        frame_offset: first sample that it would read.
        num_frames: how many samples; -1 for all.
        fields: what it gives besides waveform and sample rate.
    """

    path: Path
    frame_offset: int
    num_frames: int
    fields: tuple[Any, ...]


def listing(open_dataset: Callable[[], Any], folder: Path) -> Iterator[Listed]:
    """List a dataset that has no ``get_metadata``.

    ``torchaudio.load``, which would need FFmpeg, is swapped while an item is asked for. So the
    paths come from the public interface alone.

    Args:
        folder: of the corpus, to name in errors.

    Raises:
        InputError: the folder is not laid out as the dataset expects, or is empty.
    """
    with _faults_in_one_line(folder):
        dataset = _filled(open_dataset(), folder)
        for index in range(len(dataset)):
            asked: list[tuple[Path, int, int]] = []
            with _load_replaced_by_notes(asked):
                _, _, *fields = dataset[index]
            yield Listed(*asked[0], tuple(fields))


def metadata(open_dataset: Callable[[], Any], folder: Path) -> Iterator[tuple[Any, ...]]:
    """List a dataset that has ``get_metadata``.

    Args:
        folder: of the corpus, to name in errors.

    Raises:
        InputError: the folder is not laid out as the dataset expects, or is empty.
    """
    with _faults_in_one_line(folder):
        dataset = _filled(open_dataset(), folder)
        for index in range(len(dataset)):
            yield dataset.get_metadata(index)


@contextmanager
def _faults_in_one_line(folder: Path) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except MISHAPS as error:
        raise InputError(
            f"{folder}: not laid out as expected ({one_line(error)}); compare with data/README.md"
        ) from error


def _filled(dataset: Any, folder: Path) -> Any:
    if len(dataset) == 0:
        raise InputError(f"{folder}: no recordings where expected; compare with data/README.md")
    return dataset


@contextmanager
def _load_replaced_by_notes(asked: list[tuple[Path, int, int]]) -> Iterator[None]:
    def note(uri: Any, frame_offset: int = 0, num_frames: int = -1) -> tuple[torch.Tensor, int]:
        asked.append((Path(uri), frame_offset, num_frames))
        return torch.empty(1, 0), 0

    load = torchaudio.load
    torchaudio.load = note
    try:
        yield
    finally:
        torchaudio.load = load
