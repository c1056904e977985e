from collections.abc import Callable
from pathlib import Path

import pytest
from torchaudio.datasets import LJSPEECH

from asr.data.corpora.ljspeech import LJSpeech
from asr.data.utterance import Corpus, Split
from asr.errors import InputError

Build = Callable[[str], Corpus]


def test_whole_chapters_go_into_a_split(build: Build, tmp_path: Path) -> None:
    corpus = build("ljspeech")
    chapters: dict[Split, set[object]] = {
        split: {utterance.extras["chapter"] for utterance in corpus.utterances(split)}
        for split in ("train", "val", "test")
    }
    assert chapters == {"train": {"LJ004", "LJ005"}, "val": {"LJ003"}, "test": {"LJ001", "LJ002"}}
    assert len(LJSPEECH(tmp_path)) == 10


def test_either_transcript_is_given_with_its_quotation_marks(build: Build, tmp_path: Path) -> None:
    normalized = next(iter(build("ljspeech").utterances("val")))
    original = next(iter(LJSpeech(str(tmp_path), normalized=False).utterances("val")))
    assert normalized.text == '"In number 4, he said'
    assert original.text == '"In 4, he said'


def test_a_chapter_in_two_splits_is_refused() -> None:
    with pytest.raises(InputError, match="LJ003"):
        LJSpeech("anywhere", val=["LJ003"], test=["LJ003"])
