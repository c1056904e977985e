import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.text.normalizer import Normalizer
from asr.text.units import Units

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@pytest.mark.parametrize("unit", ["character", "marked", "word"])
@given(texts=st.lists(TEXTS, min_size=1, max_size=5))
def test_learnt_units_spell_every_text_they_were_learnt_from(unit, texts) -> None:
    known = [*texts, "a"]
    vocabulary = Units(unit).fitted(known)
    for text in known:
        normal = vocabulary.normalize(text)
        assert not vocabulary.unknown(normal)
        assert vocabulary.decode(vocabulary.encode(normal)) == normal


@pytest.mark.parametrize("unit", ["character", "marked", "word"])
def test_arguments_make_the_same_vocabulary_again(unit) -> None:
    vocabulary = Units(unit, normalizer=Normalizer(case="upper")).fitted(["b a", "c"])
    arguments = dict(vocabulary.arguments)
    node = arguments.pop("normalizer")
    node.pop("_target_")
    again = Units(**arguments, normalizer=Normalizer(**node))
    assert again.symbols == vocabulary.symbols
    assert again.normalize("d") == "D"


def test_given_units_are_not_learnt_again() -> None:
    vocabulary = Units("word", units=["yes", "no"])
    assert vocabulary.fitted(["maybe"]) is vocabulary
    assert vocabulary.unknown("yes maybe maybe") == {"maybe": 2}
    assert vocabulary.encode("no maybe yes") == [1, 0]


@pytest.mark.parametrize(
    ("unit", "units", "message"),
    [
        ("character", ["a", "a"], "each unit must appear once"),
        ("character", ["ab"], "not single characters"),
        ("marked", ["▁ab"], "not single characters"),
        ("word", ["two words"], "not single words"),
        ("word", [""], "not single words"),
    ],
)
def test_units_that_cannot_be_are_refused(unit, units, message) -> None:
    with pytest.raises(ValueError, match=message):
        Units(unit, units=units)


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(ValueError, match="transcripts are empty"):
        Units("word").fitted(["", "  "])


def test_a_marked_character_begins_a_word() -> None:
    vocabulary = Units("marked").fitted(["no on"])
    assert vocabulary.symbols == ("n", "o", "▁n", "▁o")
    assert vocabulary.encode("on no") == [3, 0, 2, 1]
    assert vocabulary.decode([3, 0, 2, 1]) == "on no"
