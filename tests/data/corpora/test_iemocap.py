from collections.abc import Callable
from pathlib import Path

import pytest
from torchaudio.datasets import IEMOCAP as TorchaudioIEMOCAP  # noqa: N811

from asr.data.corpora.iemocap import IEMOCAP
from asr.data.utterance import Corpus
from asr.errors import InputError

Build = Callable[[str], Corpus]


def test_both_actors_of_a_session_are_told_apart(build: Build, tmp_path: Path) -> None:
    utterances = list(build("iemocap").utterances("test"))

    assert len(TorchaudioIEMOCAP(tmp_path, (5,))) == len(utterances) == 3
    assert {utterance.speaker for utterance in utterances} == {"Ses05F", "Ses05M"}
    assert {utterance.label for utterance in utterances} == {"neu", "exc", "hap"}


def test_emotions_can_be_kept_and_joined(build: Build, tmp_path: Path) -> None:
    build("iemocap")
    corpus = IEMOCAP(str(tmp_path), emotions={"hap": "happy", "exc": "happy"})
    assert [utterance.label for utterance in corpus.utterances("test")] == ["happy", "happy"]


def test_a_root_with_session_in_its_name_leads_to_the_same_files(
    build: Build, tmp_path: Path
) -> None:
    build("iemocap")
    (tmp_path / "Session").mkdir()
    (tmp_path / "IEMOCAP").rename(tmp_path / "Session" / "IEMOCAP")
    corpus = IEMOCAP(str(tmp_path / "Session"))
    assert all(utterance.path.is_file() for utterance in corpus.utterances("train"))


def test_scripted_dialogues_can_be_asked_for_alone(build: Build, tmp_path: Path) -> None:
    build("iemocap")
    with pytest.raises(InputError, match="no recordings"):
        list(IEMOCAP(str(tmp_path), utterance_type="scripted").utterances("train"))


def test_a_session_in_two_splits_is_refused() -> None:
    with pytest.raises(InputError, match=r"\[5\]"):
        IEMOCAP("anywhere", train=[1, 5], val=[4], test=[5])
