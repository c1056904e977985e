import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.training.guessing import guessing_loss, rare_share

TEXTS = st.lists(st.lists(st.integers(0, 3), max_size=5), max_size=8)


@given(TEXTS, st.lists(st.integers(0, 3), max_size=3))
def test_the_guesses_for_what_comes_next_are_probabilities(
    taught: list[list[int]], before: list[int]
) -> None:
    def likelihood(tokens: list[int]) -> float:
        return math.exp(-guessing_loss(taught, [tokens], 4) * len(tokens)) if tokens else 1.0

    total = sum(likelihood([*before, token]) for token in range(4))
    assert total == pytest.approx(likelihood(before), rel=1e-6)


def test_labels_are_guessed_at_their_entropy() -> None:
    labels = [[token] for token in [0] * 700 + [1] * 200 + [2] * 100]
    entropy = -sum(p * math.log(p) for p in (0.7, 0.2, 0.1))
    assert guessing_loss(labels, labels, 3) == pytest.approx(entropy, abs=0.01)


def test_what_follows_from_what_was_before_is_no_guess() -> None:
    rng = random.Random(1)
    words = [[token for word in rng.choices([[0, 1], [2, 3, 4]], k=8) for token in word]
             for _ in range(300)]  # fmt: skip
    # One of two words is log 2 nats, over the 2.5 tokens that it has on average.
    assert guessing_loss(words, words, 5) == pytest.approx(math.log(2) / 2.5, abs=0.02)


def test_nothing_to_guess_is_no_number() -> None:
    assert math.isnan(guessing_loss([[0]], [[]], 1))


def test_a_sample_stands_for_all() -> None:
    texts = [[0] * 9, [1]]
    assert rare_share(texts, 10) == 1
    assert rare_share(texts, 10, scale=2) == 0.1
    assert rare_share(texts, 10, scale=10) == 0
    assert rare_share([], 10) == 0
