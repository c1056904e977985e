from collections.abc import Callable
from pathlib import Path

from torchaudio.datasets import VCTK_092

from asr.data.corpora.vctk import VCTK
from asr.data.utterance import Corpus

Build = Callable[[str], Corpus]


def test_a_speaker_is_in_the_split_that_its_name_decides(build: Build, tmp_path: Path) -> None:
    corpus = build("vctk")
    assert {utterance.speaker for utterance in corpus.utterances("train")} == {"p226", "p227"}
    assert {utterance.speaker for utterance in corpus.utterances("val")} == {"p245"}
    assert {utterance.speaker for utterance in corpus.utterances("test")} == {"p225"}
    assert len(VCTK_092(str(tmp_path))) == 8


def test_the_transcript_comes_without_its_line_break(build: Build) -> None:
    first = next(iter(build("vctk").utterances("test")))
    assert (first.id, first.text) == ("p225_001", "Please call Stella.")


def test_the_other_microphone_is_another_file(build: Build, tmp_path: Path) -> None:
    build("vctk")
    first = next(iter(VCTK(str(tmp_path), microphone="mic1").utterances("test")))
    assert first.path.name == "p225_001_mic1.flac"
