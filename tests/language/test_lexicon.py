from pathlib import Path

import pytest

from asr.errors import InputError
from asr.language.lexicon import joined, read_lexicon, spelt
from asr.text.units import Units

MARKED = Units("marked", units=["a", "b", "▁a", "▁b"])
CHARACTERS = Units("character", units=["a", "b", " "])


def test_words_are_spelt_as_a_transcript_would_be() -> None:
    lexicon = spelt(["ab", "BA", "cab", "a", "ab"], MARKED)
    assert [tuple(each) for each in lexicon.spellings] == [
        ("ab", (2, 1)), ("BA", (3, 0)), ("a", (2,)),
    ]  # fmt: skip
    assert lexicon.separator is None
    assert spelt(["ab"], CHARACTERS).separator == 2


def test_of_two_lexicons_the_first_decides() -> None:
    first, second = spelt(["a"], MARKED), spelt(["b", "a"], MARKED)
    both = joined(first._replace(spellings=[first.spellings[0]._replace(tokens=(3,))]), second)
    assert [tuple(each) for each in both.spellings] == [("a", (3,)), ("b", (3,))]


def test_more_words_of_one_spelling_than_can_be_told_apart_are_left_out() -> None:
    words = ["ab", "AB", "Ab", "aB", "ab.", "ab!", "ab?"]
    assert len(spelt(words, MARKED).spellings) == 6


def test_a_line_is_a_word_and_perhaps_its_spelling(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("ab\n\nb\t▁b b\nb\t▁b\nq\t▁a a\n")
    lexicon = read_lexicon(tmp_path / "words", MARKED)
    assert [tuple(each) for each in lexicon.spellings] == [
        ("ab", (2, 1)), ("b", (3, 1)), ("b", (3,)), ("q", (2, 0)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"a\nac", r":2: 'ac' cannot be spelt, the model has no symbol '.?c'"),
        (b"a\tx a", r":1: 'a' cannot be spelt, the model has no symbol 'x'"),
        (b"a b", r":1: 'a b' is more than a word"),
        (b"...", r":1: '...' cannot be spelt"),
        (b"\n", "holds no words"),
        (b"\xff", "not UTF-8"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_word_is_told_with_its_line(
    data: bytes | None, told: str, tmp_path: Path
) -> None:
    if data is not None:
        (tmp_path / "words").write_bytes(data)
    with pytest.raises(InputError, match=told):
        read_lexicon(tmp_path / "words", MARKED)
