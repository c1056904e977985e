import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.errors import InputError
from asr.language.arpa import read_arpa
from asr.language.kneser_ney import train_arpa, write_arpa


@given(seed=st.integers(0, 10_000), order=st.integers(1, 4), lines=st.integers(1, 30))
def test_probabilities_after_any_words_sum_to_one(
    tmp_path_factory: pytest.TempPathFactory, seed: int, order: int, lines: int
) -> None:
    draw = random.Random(seed)
    text = [" ".join(draw.choices("aaaabbbccd", k=draw.randint(1, 6))) for _ in range(lines)]
    path = tmp_path_factory.mktemp("lm") / "m.arpa"
    write_arpa(text, order, path)
    model = read_arpa(path)
    for history in ("", "a", "a b", "d c a", "b b b b"):
        state = model.start()
        for word in history.split():
            state, _ = model.score(state, word)
        total = sum(10 ** model.score(state, w)[1] for w in [*model.words, "</s>", "<unk>"])
        assert total == pytest.approx(1, abs=1e-5)


def test_a_word_counts_by_the_contexts_it_stands_in(tmp_path: Path) -> None:
    # Francisco is said as often as glasses, but after San only.
    text = ["san francisco"] * 4 + ["my glasses", "your glasses", "his glasses", "new glasses"]
    write_arpa(text, 2, tmp_path / "m.arpa")
    model = read_arpa(tmp_path / "m.arpa")
    assert model.score(("<unk>",), "glasses")[1] > model.score(("<unk>",), "francisco")[1]
    assert model.score(("san",), "francisco")[1] > model.score(("san",), "glasses")[1]


@pytest.mark.parametrize("text", [[], ["", " "], ["a </s> b"]])
def test_text_without_words_or_with_marks_is_refused(text: list[str]) -> None:
    with pytest.raises(InputError, match=r"is empty|is no word"):
        list(train_arpa(text, 2))


def test_flashlight_reads_it(tmp_path: Path) -> None:
    kenlm = pytest.importorskip("flashlight.lib.text.decoder.kenlm")
    dictionary = pytest.importorskip("flashlight.lib.text.dictionary")
    path = tmp_path / "m.arpa"
    write_arpa(["a b c", "a c", "b b a"], 3, path)
    ours = read_arpa(path)
    words = dictionary.Dictionary(["a", "b", "c", "unheard"])
    theirs = kenlm.KenLM(str(path), words)
    state, theirs_total = theirs.start(False), 0.0
    sentence = ["a", "b", "unheard", "c", "a"]
    for word in sentence:
        state, score = theirs.score(state, words.get_index(word))
        theirs_total += score
    theirs_total += theirs.finish(state)[1]
    assert theirs_total == pytest.approx(ours.sentence(sentence), abs=1e-4)
