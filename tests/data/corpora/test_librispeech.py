from collections.abc import Callable
from pathlib import Path

import pytest
from torchaudio.datasets import LIBRISPEECH, LIBRITTS

from asr.data.corpora.librispeech import LibriSpeech
from asr.data.corpora.libritts import LibriTTS
from asr.data.utterance import Corpus
from asr.errors import InputError

Build = Callable[[str], Corpus]


def test_librispeech_gives_transcript_speaker_and_subset(build: Build, tmp_path: Path) -> None:
    utterances = list(build("librispeech").utterances("val"))

    assert len(utterances) == len(LIBRISPEECH(tmp_path, url="dev-clean"))
    assert [utterance.id for utterance in utterances] == ["84-198-0000", "84-198-0001"]
    assert utterances[1].text == "CHAPTER 1 OF 84"
    assert utterances[1].speaker == "84"
    assert utterances[1].extras == {"subset": "dev-clean"}


def test_a_split_may_be_made_of_several_subsets(build: Build, tmp_path: Path) -> None:
    build("librispeech")
    corpus = LibriSpeech(str(tmp_path), train=["train-clean-100", "dev-clean"])
    assert {utterance.speaker for utterance in corpus.utterances("train")} == {"19", "84"}


def test_the_subset_that_is_missing_is_named(build: Build, tmp_path: Path) -> None:
    build("librispeech")
    corpus = LibriSpeech(str(tmp_path), test=["test-other"], download=False)
    with pytest.raises(InputError, match="test-other: no such folder"):
        corpus.prepare()


def test_a_chapter_without_transcripts_is_one_line(build: Build, tmp_path: Path) -> None:
    corpus = build("librispeech")
    next(tmp_path.rglob("61-198.trans.txt")).unlink()
    with pytest.raises(InputError, match=r"61-198\.trans\.txt") as caught:
        list(corpus.utterances("test"))
    assert "\n" not in str(caught.value)


def test_libritts_gives_either_transcript(build: Build, tmp_path: Path) -> None:
    (normalized,) = build("libritts").utterances("train")
    (original,) = LibriTTS(str(tmp_path), normalized=False).utterances("train")

    assert normalized.text == "Chapter one."
    assert original.text == "Chapter 1."
    assert (original.id, original.speaker) == ("19_198_000000_000000", "19")
    assert len(LIBRITTS(tmp_path, url="train-clean-100")) == 1
