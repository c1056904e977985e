import math
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from asr.metrics.edits import character_edits, word_edits
from asr.metrics.error_rate import ErrorRate, Unit

TEXT = st.text("ab ", max_size=8)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=6)
Pairs = list[tuple[str, str]]


@given(pairs=PAIRS, unit=st.sampled_from(["word", "character"]))
def test_counts_are_summed_before_they_are_divided(pairs: Pairs, unit: Unit) -> None:
    metric = _updated(ErrorRate(unit), pairs)
    each = [(word_edits if unit == "word" else character_edits)(*pair) for pair in pairs]

    errors, units = sum(e.errors for e in each), sum(e.length for e in each)

    expected = errors / units if units else math.inf if errors else 0.0
    assert float(metric.compute()) == pytest.approx(expected)


def test_a_long_utterance_weighs_more_than_a_short_one() -> None:
    metric = ErrorRate()

    metric.update(["x", "a b c"], ["a", "a b c"])

    assert metric.compute() == 0.25  # a mean of rates would be 0.5


@given(pairs=PAIRS, cut=st.integers(0, 6))
def test_batches_of_any_size_give_the_counts_of_all_at_once(pairs: Pairs, cut: int) -> None:
    whole = _updated(ErrorRate(), pairs)

    parts = _updated(_updated(ErrorRate(), pairs[:cut]), pairs[cut:])

    assert parts.edits == whole.edits


@given(pairs=PAIRS, cut=st.integers(0, 6))
def test_metrics_of_two_processes_merge_into_that_of_all_utterances(pairs: Pairs, cut: int) -> None:
    first, second = _updated(ErrorRate(), pairs[:cut]), _updated(ErrorRate(), pairs[cut:])

    first.merge_state(second)

    assert first.edits == _updated(ErrorRate(), pairs).edits


def test_states_are_whole_numbers_that_processes_sum() -> None:
    metric = ErrorRate()

    names = ["substitutions", "deletions", "insertions", "units"]

    assert list(metric._defaults) == names
    assert all(getattr(metric, name).dtype == torch.int64 for name in names)
    assert all(metric._reductions[name] is not None for name in names)


def test_reset_forgets_everything() -> None:
    metric = _updated(ErrorRate(), [("a", "b")])

    metric.reset()

    assert metric.edits == (0, 0, 0, 0)


def test_the_rate_over_nothing_is_zero() -> None:
    assert _updated(ErrorRate(), []).compute() == 0


def test_the_rate_over_no_words_is_zero_only_without_errors() -> None:
    assert _updated(ErrorRate(), [("", "")]).compute() == 0
    assert _updated(ErrorRate(), [("a", "")]).compute() == math.inf


def test_a_corpus_of_billions_of_words_loses_no_error() -> None:
    metric = _updated(ErrorRate(), [("a", "a")])
    metric.units += 10**10

    metric.update(["x"], ["a"])

    assert metric.edits == (1, 0, 0, 10**10 + 2)
    assert metric.compute().dtype == torch.float32


def test_a_hypothesis_without_a_reference_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        ErrorRate().update(["a", "b"], ["a"])


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(ValueError, match=re.escape("unit must be one of ['word', 'character']")):
        ErrorRate("phone")  # type: ignore[arg-type]


def _updated(metric: ErrorRate, pairs: Pairs) -> ErrorRate:
    metric.update([h for h, _ in pairs], [r for _, r in pairs])
    return metric
