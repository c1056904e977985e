from pathlib import Path
from typing import Any

import pytest
import torchaudio

from asr.data.corpora.torchaudio_listing import listing, metadata
from asr.errors import InputError


class Segments:
    """Stands for a dataset that reads one second from the second on."""

    def __init__(self, length: int = 2) -> None:
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        waveform, rate = torchaudio.load(f"{index}.wav", frame_offset=16_000, num_frames=8_000)
        return waveform, rate, "a text", index


class Broken(Segments):
    def __getitem__(self, index: int) -> tuple[Any, ...]:
        raise KeyError("client\nid")

    get_metadata = __getitem__


def test_a_listing_gives_paths_frames_and_fields_of_every_item() -> None:
    items = list(listing(Segments, Path("corpus")))

    assert [item.path for item in items] == [Path("0.wav"), Path("1.wav")]
    assert [(item.frame_offset, item.num_frames) for item in items] == [(16_000, 8_000)] * 2
    assert [item.fields for item in items] == [("a text", 0), ("a text", 1)]


def test_the_loader_of_torchaudio_is_as_before_between_items_and_after_errors() -> None:
    load = torchaudio.load
    for _ in listing(Segments, Path("corpus")):
        assert torchaudio.load is load
    with pytest.raises(InputError):
        list(listing(Broken, Path("corpus")))
    assert torchaudio.load is load


@pytest.mark.parametrize("how", [listing, metadata])
def test_a_fault_of_the_layout_is_one_line_that_names_the_folder(how: Any) -> None:
    with pytest.raises(InputError, match="corpus: not laid out as expected") as caught:
        list(how(Broken, Path("corpus")))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("how", [listing, metadata])
def test_a_dataset_without_recordings_is_refused(how: Any) -> None:
    with pytest.raises(InputError, match="corpus: no recordings"):
        list(how(lambda: Segments(0), Path("corpus")))
