from collections.abc import Callable
from pathlib import Path

import pytest
from torchaudio.datasets import TEDLIUM

from asr.data.audio import read_audio
from asr.data.corpora.tedlium import Tedlium
from asr.data.utterance import Corpus

Build = Callable[[str], Corpus]


def test_segments_have_offset_and_duration(build: Build) -> None:
    first, second = build("tedlium").utterances("train")
    assert (first.offset, first.seconds) == (0.25, 1.5)
    assert (second.offset, second.seconds) == (2.0, 0.5)
    assert read_audio(first.path, 16_000, offset=0.25, seconds=1.5).shape == (1, 24_000)


def test_what_is_not_to_be_scored_is_left_out(build: Build, tmp_path: Path) -> None:
    texts = [utterance.text for utterance in build("tedlium").utterances("test")]
    assert texts == ["it 's <unk> here", "thank you"]
    assert len(TEDLIUM(tmp_path, release="release3", subset="test")) == 3


def test_speaker_and_talk_are_known(build: Build) -> None:
    first = next(iter(build("tedlium").utterances("val")))
    assert (first.id, first.speaker) == ("Bob_2011-00004000-00028000", "Bob")
    assert first.extras == {"talk": "Bob_2011"}


@pytest.mark.parametrize("release", ["release1", "release2"])
def test_the_earlier_releases_have_a_folder_for_each_split(
    release: str, build: Build, tmp_path: Path
) -> None:
    build("tedlium")
    folder = tmp_path / f"TEDLIUM_{release}"
    folder.mkdir()
    (tmp_path / "TEDLIUM_release-3" / "legacy" / "dev").rename(folder / "dev")

    corpus = Tedlium(str(tmp_path), release=release)  # type: ignore[arg-type]

    assert len(list(corpus.utterances("val"))) == 2
