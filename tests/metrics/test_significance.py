from itertools import product

import numpy as np
import pytest

from asr.metrics.bootstrap import blocks_of, resampled
from asr.metrics.edits import word_edits
from asr.metrics.significance import (
    bootstrap_p,
    holm,
    matched_pairs,
    mcnemar,
    segment_differences,
)

SIMULATIONS = 2000


def _furthest_from_uniform(p: list[float]) -> float:
    """The greatest distance of the empirical distribution to the uniform (Kolmogorov, 1933)."""
    ranked, count = np.sort(p), len(p)
    steps = np.arange(count + 1) / count
    return float(max((ranked - steps[:-1]).max(), (steps[1:] - ranked).max()))


# 1.95 / sqrt(n) is what one sample of a thousand exceeds; the p are also discrete.
TOLERANCE = 1.95 / SIMULATIONS**0.5 + 0.01


def test_p_of_matched_pairs_is_uniform_where_neither_is_better() -> None:
    random = np.random.default_rng(1)
    drawn = random.poisson(3.0, (SIMULATIONS, 300)) - random.poisson(3.0, (SIMULATIONS, 300))

    p = [matched_pairs(row.tolist()).p for row in drawn]

    assert _furthest_from_uniform(p) < TOLERANCE


def test_exact_p_are_never_too_small_where_neither_is_better() -> None:
    random = np.random.default_rng(2)
    drawn = random.integers(-3, 4, (SIMULATIONS, 12))
    right = random.binomial(40, 0.5, SIMULATIONS)

    for p in (
        [matched_pairs(row.tolist()).p for row in drawn],
        [mcnemar(int(count), 40 - int(count)) for count in right],
    ):
        for level in (0.01, 0.05, 0.2, 0.5):
            allowed = level + 3 * (level * (1 - level) / SIMULATIONS) ** 0.5
            assert level / 4 < np.mean(np.array(p) <= level) < allowed


def test_p_of_the_bootstrap_is_uniform_where_neither_is_better() -> None:
    """Of speakers with differences of their own, who a test by utterance would take for many."""
    random = np.random.default_rng(3)
    speakers, each = 60, 5
    blocks = blocks_of([f"s{i // each}" for i in range(speakers * each)])
    blocked, by_utterance = list[float](), list[float]()
    for _ in range(400):
        own = random.normal(0, 1, speakers).repeat(each)
        differences = own + random.normal(0, 0.5, speakers * each)
        column = differences[:, None]
        blocked.append(bootstrap_p(resampled(column, blocks, resamples=400)[:, 0]))
        free = resampled(column, blocks_of([""] * len(column)), resamples=400)
        by_utterance.append(bootstrap_p(free[:, 0]))

    assert _furthest_from_uniform(blocked) < 1.95 / 400**0.5 + 0.02
    assert np.mean(np.array(blocked) < 0.05) < 0.09
    assert np.mean(np.array(by_utterance) < 0.05) > 0.2


@pytest.mark.parametrize("differences", [[1, 1, -1], [2, 0, 3, -1, 1], [5], [1, 1, 1, 1, 1]])
def test_few_segments_are_swapped_in_all_ways(differences: list[int]) -> None:
    totals = [
        sum(sign * difference for sign, difference in zip(signs, differences, strict=True))
        for signs in product((-1, 1), repeat=len(differences))
    ]
    expected = sum(abs(total) >= abs(sum(differences)) for total in totals) / len(totals)

    found = matched_pairs(differences)

    assert found.exact
    assert found.p == pytest.approx(expected)


def test_with_many_segments_the_normal_p_is_near_the_exact_one() -> None:
    differences = [1] * 30 + [-1] * 18
    more = [*differences, 1, -1]

    assert not matched_pairs(more).exact
    assert matched_pairs(more).p == pytest.approx(matched_pairs(differences).p, abs=0.03)


def test_matched_pairs_of_nothing_tell_nothing() -> None:
    assert matched_pairs([]).p == 1
    assert matched_pairs([0] * 60).p == 1


@pytest.mark.parametrize(
    ("reference", "first", "second", "expected"),
    [
        ("a b c d", "a b c d", "a b c d", []),
        ("a b c d", "x b c y", "a b c d", [-1, -1]),  # two right words part them
        ("a b c", "x b y", "a b c", [-2]),  # one does not
        ("a b c d", "x b c d", "a b c y", [-1, 1]),
        ("a b c d", "a b q c d", "a b c d", [-1]),  # what is put between two words is in none
        ("", "x", "", [-1]),
        ("a", "", "a", [-1]),
        ("a b c d e", "x b c d y", "a x c d e", [0, -1]),
    ],
)
def test_segments_are_parted_by_two_words_that_both_have_right(
    reference: str, first: str, second: str, expected: list[int]
) -> None:
    assert segment_differences(reference, first, second) == expected


def test_segments_hold_all_errors() -> None:
    random = np.random.default_rng(4)
    for _ in range(300):
        texts = [" ".join(random.choice(list("abc"), random.integers(0, 9))) for _ in range(3)]
        reference, first, second = texts
        total = sum(segment_differences(reference, first, second))
        swapped = sum(segment_differences(reference, second, first))

        errors = [word_edits(text, reference).errors for text in (first, second)]
        assert total == -swapped == errors[1] - errors[0]


def test_mcnemar_is_the_binomial_test() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(3, 3) == 1
    assert mcnemar(1, 9) == pytest.approx(2 * (1 + 10) / 2**10)
    assert mcnemar(9, 1) == mcnemar(1, 9)
    assert 0 < mcnemar(400, 600) < 1e-9


def test_holm_keeps_the_order_and_never_exceeds_one() -> None:
    assert holm([]) == []
    assert holm([0.5, 0.001, 0.4]) == [0.8, 0.003, 0.8]
    assert holm([0.01, 0.01]) == [0.02, 0.02]
