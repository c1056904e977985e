from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.data import rare_words
from asr.data.rare_words import RareWords

# "a" is in all of ten utterances, "b" in four, "c" in one, with b.
TEXTS = ["a", "a a", "a", "a", "a", "a", "a b", "a b b", "b a", "a b c"]


def rare(threshold: float, texts: list[str] = TEXTS, seed: int = 1) -> RareWords:
    return RareWords(texts, threshold, seed)


def test_an_utterance_is_repeated_by_the_root_of_how_rare_its_rarest_word_is() -> None:
    drawn = rare(0.5)
    often = Counter(np.concatenate([drawn.rows(epoch) for epoch in range(1000)]).tolist())
    expected = [1.0] * 6 + [(0.5 / 0.4) ** 0.5] * 3 + [(0.5 / 0.1) ** 0.5]
    assert [often[row] / 1000 for row in range(10)] == pytest.approx(expected, abs=1e-3)


def test_every_epoch_holds_every_utterance_and_none_more_than_one_above_its_mean() -> None:
    drawn = rare(0.5)
    for epoch in range(50):
        times = np.bincount(drawn.rows(epoch), minlength=10)
        assert times.min() == 1
        assert (np.abs(times - drawn.times) < 1).all()


def test_the_rows_of_an_epoch_are_a_function_of_seed_and_epoch() -> None:
    def rows(seed: int, epoch: int) -> list[int]:
        return rare(0.5, seed=seed).rows(epoch).tolist()

    assert rows(1, 3) == rows(1, 3)
    assert any(rows(1, epoch) != rows(2, epoch) for epoch in range(5))


def test_without_rare_words_an_epoch_is_every_utterance_once() -> None:
    drawn = rare(0.1)
    assert drawn.rows(7).tolist() == list(range(10))


def test_utterances_without_words_are_there_once() -> None:
    assert rare(1.0, ["", "a"]).rows(0).tolist().count(0) == 1


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    texts=st.lists(st.text(" \x1f\u3000abcdé", max_size=8), max_size=30),
    threshold=st.floats(0.01, 1),
    block=st.sampled_from([1, 3, 1 << 20]),
)
def test_the_rarest_word_is_found_as_by_counting_in_sets(texts, threshold, block) -> None:
    words = [set(text.split()) for text in texts]
    counts = Counter(word for each in words for word in each)
    rarest = [min((counts[word] for word in each), default=len(words)) for each in words]
    expected = np.maximum(1.0, np.sqrt(threshold * len(words) / np.array(rarest)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rare_words, "_BLOCK", block)
        assert rare(threshold, texts).times.tolist() == expected.tolist()
