from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.errors import InputError
from asr.language.hot_words import HotWords, read_hot_words

_WORDS = st.sampled_from("abc")
_PHRASES = st.dictionaries(
    st.lists(_WORDS, min_size=1, max_size=4).map(tuple), st.floats(-3, 5), max_size=5
)


@given(boosts=_PHRASES, said=st.lists(_WORDS, max_size=12))
def test_a_transcript_gains_the_boost_of_each_phrase_in_it(
    boosts: dict[tuple[str, ...], float], said: list[str]
) -> None:
    hot = HotWords(boosts)
    state, total = hot.start(), 0.0
    for word in said:
        state, gained = hot.score(state, word)
        total += gained
    total += hot.finish(state)
    times = {
        phrase: sum(
            tuple(said[i : i + len(phrase)]) == phrase for i in range(len(said) - len(phrase) + 1)
        )
        for phrase in boosts
    }
    assert total == pytest.approx(sum(boosts[p] * n for p, n in times.items()), abs=1e-6)


def test_a_phrase_is_lent_its_share_while_it_is_said() -> None:
    hot = HotWords({("new", "york", "city"): 6.0})
    state, first = hot.score(hot.start(), "new")
    state, second = hot.score(state, "york")
    assert (first, second) == (2, 2)
    assert hot.score(state, "times")[1] == -4
    assert hot.score(state, "city")[1] == 2


def test_words_take_the_form_of_the_lexicon() -> None:
    hot = HotWords({("New", "York"): 1.0, ("e-mail",): 2.0, ("IBM",): 3.0, ("--",): 4.0})
    found = hot.normal({"IBM"}, lambda word: word.lower().replace("-", " "))
    assert found.boosts == {("new", "york"): 1.0, ("e", "mail"): 2.0, ("IBM",): 3.0}


def test_a_line_is_a_phrase_and_perhaps_a_boost(tmp_path: Path) -> None:
    (tmp_path / "hot").write_text("Ada Lovelace\t4.5\n\nroute 66\n  Zuse \t -1\n")
    assert read_hot_words(tmp_path / "hot").boosts == {
        ("Ada", "Lovelace"): 4.5,
        ("route", "66"): 3.0,
        ("Zuse",): -1.0,
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [("a\nb\tmuch", ":2: the boost"), ("a\tnan", ":1: the boost"), ("a\t51", "-50 to 50"),
     ("\n", "holds no words")],
)  # fmt: skip
def test_what_is_no_boost_is_told_with_its_line(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "hot").write_text(text)
    with pytest.raises(InputError, match=told):
        read_hot_words(tmp_path / "hot")
