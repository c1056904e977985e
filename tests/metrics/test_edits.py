import math
from collections.abc import Hashable, Sequence

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.metrics.edits import Edits, character_edits, edits, word_edits

UNITS = st.lists(st.one_of(st.integers(-2, 2), st.sampled_from(["a", "b", "ab"])), max_size=8)
WORDS = st.lists(st.text("abc", min_size=1, max_size=2), max_size=7).map(" ".join)


@given(hypothesis=UNITS, reference=UNITS)
def test_no_alignment_has_fewer_errors(
    hypothesis: list[Hashable], reference: list[Hashable]
) -> None:
    assert edits(hypothesis, reference).errors == _distance(hypothesis, reference)


@given(hypothesis=UNITS, reference=UNITS)
def test_insertions_less_deletions_are_the_difference_of_lengths(
    hypothesis: list[Hashable], reference: list[Hashable]
) -> None:
    found = edits(hypothesis, reference)

    assert found.insertions - found.deletions == len(hypothesis) - len(reference)
    assert found.length == len(reference)
    assert found.substitutions + found.deletions <= len(reference)


@pytest.mark.parametrize(
    ("hypothesis", "reference", "expected"),
    [
        ("a x c", "a b c", Edits(1, 0, 0, 3)),
        ("a c", "a b c", Edits(0, 1, 0, 3)),
        ("a b b c", "a b c", Edits(0, 0, 1, 3)),
        ("", "a b", Edits(0, 2, 0, 2)),
        ("a b", "", Edits(0, 0, 2, 0)),
    ],
)
def test_each_kind_of_error_is_counted_as_itself(
    hypothesis: str, reference: str, expected: Edits
) -> None:
    assert word_edits(hypothesis, reference) == expected


@given(hypothesis=WORDS, reference=WORDS.filter(bool))
def test_word_errors_are_those_of_jiwer(hypothesis: str, reference: str) -> None:
    theirs = jiwer.process_words(reference, hypothesis)

    ours = word_edits(hypothesis, reference)

    assert ours.errors == theirs.substitutions + theirs.deletions + theirs.insertions
    assert ours.rate == pytest.approx(theirs.wer)


@given(hypothesis=WORDS, reference=WORDS.filter(bool))
def test_character_errors_are_those_of_jiwer(hypothesis: str, reference: str) -> None:
    assert character_edits(hypothesis, reference).rate == pytest.approx(
        jiwer.cer(reference, hypothesis)
    )


def test_any_white_space_separates_words() -> None:
    assert word_edits(" a\tb\n c ", "a b c").errors == 0


def test_units_of_equal_hash_are_not_equal_units() -> None:
    assert hash(-1) == hash(-2)
    assert edits([-1], [-2]).errors == 1


def test_an_empty_reference_has_rate_zero_only_without_errors() -> None:
    assert word_edits("", "").rate == 0
    assert word_edits("a", "").rate == math.inf


def _distance(hypothesis: Sequence[Hashable], reference: Sequence[Hashable]) -> int:
    row = list(range(len(reference) + 1))
    for i, left in enumerate(hypothesis, 1):
        previous, row = row, [i]
        for j, right in enumerate(reference, 1):
            row.append(min(previous[j] + 1, row[-1] + 1, previous[j - 1] + (left != right)))
    return row[-1]
