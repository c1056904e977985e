from pathlib import Path

import pytest

from asr.errors import InputError
from asr.language.arpa import read_arpa
from asr.language.flashlight import flashlight
from asr.language.kenlm import KenlmModel
from asr.language.kneser_ney import write_arpa
from asr.language.language_model import LanguageModel, read_language_model

BINARY = b"mmap lm http://kheafield.com/code format version 5\n\0" + bytes(100)


def _sentence(model: LanguageModel, words: list[str]) -> float:
    state, total = model.start(), 0.0
    for word in words:
        state, score = model.score(state, word)
        total += score
    return total + model.finish(state)


@pytest.mark.skipif(flashlight() is None, reason="flashlight is not installed")
def test_kenlm_scores_as_we_do(tmp_path: Path) -> None:
    path = tmp_path / "m.arpa"
    write_arpa(["a b c", "a c", "b b a"], 3, path)
    ours, theirs = read_arpa(path), KenlmModel(path, ["a", "b", "c"])
    for text in ("a b c", "c unheard a", "b b b a", ""):
        assert _sentence(theirs, text.split()) == pytest.approx(_sentence(ours, text.split()))
    for word in ("a", "b", "unheard"):
        unigrams = [model.score(model.anywhere(), word)[1] for model in (ours, theirs)]
        assert unigrams[0] == pytest.approx(unigrams[1])


def test_a_binary_needs_to_be_given_its_words(tmp_path: Path) -> None:
    (tmp_path / "m.bin").write_bytes(BINARY)
    with pytest.raises(InputError, match="does not list its words"):
        read_language_model(tmp_path / "m.bin")


def test_a_binary_needs_flashlight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("asr.language.kenlm.flashlight", lambda: None)
    (tmp_path / "m.bin").write_bytes(BINARY)
    with pytest.raises(InputError, match=r"\.\[beam\]"):
        read_language_model(tmp_path / "m.bin", ["a"])


@pytest.mark.skipif(flashlight() is None, reason="flashlight is not installed")
def test_a_damaged_binary_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "m.bin").write_bytes(BINARY)
    with pytest.raises(InputError, match="KenLM cannot read it") as told:
        read_language_model(tmp_path / "m.bin", ["a"])
    assert "\n" not in str(told.value)
