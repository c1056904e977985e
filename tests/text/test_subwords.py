import builtins

import pytest

from asr.errors import InputError
from asr.text.subwords import Subwords

TEXTS = ["the quick brown fox", "jumps over the lazy dog", "the dog sleeps", "quick quick fox"] * 5


@pytest.fixture(scope="module")
def trained() -> Subwords:
    pytest.importorskip("sentencepiece")
    return Subwords(40).fitted(TEXTS)


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
def test_trained_units_spell_every_text_they_were_trained_on(kind) -> None:
    pytest.importorskip("sentencepiece")
    vocabulary = Subwords(40, kind=kind).fitted(TEXTS)
    assert all(vocabulary.decode(vocabulary.encode(text)) == text for text in TEXTS)


def test_arguments_make_the_same_vocabulary_again(trained: Subwords) -> None:
    arguments = dict(trained.arguments)
    del arguments["normalizer"]
    again = Subwords(**arguments)
    assert again.symbols == trained.symbols
    assert again.encode("lazy fox") == trained.encode("lazy fox")


def test_training_twice_gives_the_same_model(trained: Subwords) -> None:
    assert Subwords(40).fitted(TEXTS).model == trained.model


def test_what_was_never_seen_is_unknown_and_left_out(trained: Subwords) -> None:
    assert sum(trained.unknown("the ж").values()) == 1
    assert trained.decode(trained.encode("the ж")) == "the"


def test_a_model_that_cannot_be_read_is_refused() -> None:
    pytest.importorskip("sentencepiece")
    with pytest.raises(ValueError, match="cannot be read"):
        Subwords(model="bm90IGEgbW9kZWw=")


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "sentencepiece":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"pip install -e '.\[sentencepiece\]'"):
        Subwords(40).fitted(TEXTS)
