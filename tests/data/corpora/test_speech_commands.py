from collections.abc import Callable
from pathlib import Path

import pytest
from torchaudio.datasets import SPEECHCOMMANDS

from asr.data.corpora.speech_commands import SpeechCommands
from asr.data.utterance import Corpus
from asr.errors import InputError

Build = Callable[[str], Corpus]


def test_the_lists_decide_on_the_split(build: Build, tmp_path: Path) -> None:
    corpus = build("speech_commands")
    assert len(list(corpus.utterances("train"))) == len(SPEECHCOMMANDS(tmp_path, subset="training"))
    assert {utterance.speaker for utterance in corpus.utterances("val")} == {"2c6d3924"}
    assert {utterance.speaker for utterance in corpus.utterances("test")} == {"3d53244b"}


def test_a_clip_is_labelled_with_its_word_and_its_speaker(build: Build) -> None:
    first = next(iter(build("speech_commands").utterances("test")))
    assert (first.id, first.text, first.label) == ("bed/3d53244b_nohash_0", "bed", "bed")
    assert first.path.parts[-2:] == ("bed", "3d53244b_nohash_0.wav")


def test_only_the_words_that_are_wanted_are_kept(build: Build, tmp_path: Path) -> None:
    build("speech_commands")
    corpus = SpeechCommands(str(tmp_path), words=["yes", "no"])
    assert {utterance.label for utterance in corpus.utterances("train")} == {"yes", "no"}


def test_a_word_that_the_corpus_lacks_is_refused_with_a_proposal(
    build: Build, tmp_path: Path
) -> None:
    build("speech_commands")
    with pytest.raises(InputError, match="no word 'bad'; did you mean 'bed'"):
        list(SpeechCommands(str(tmp_path), words=["bad"]).utterances("train"))
