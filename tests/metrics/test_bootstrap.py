import random
from itertools import product

import numpy as np
import pytest

from asr.metrics.bootstrap import blocks_of, divided, interval, resampled


def test_the_interval_is_that_of_a_loop_over_the_same_draws() -> None:
    """With no arrays but the draws, on 1,000 utterances of 40 speakers."""
    dice = random.Random(0)
    speakers = [f"s{dice.randrange(40)}" for _ in range(1000)]
    errors = [dice.randrange(5) for _ in speakers]
    words = [dice.randrange(1, 12) for _ in speakers]

    sums = resampled(np.stack([errors, words], 1).astype(float), blocks_of(speakers), resamples=200)
    found = interval(divided(sums[:, 0], sums[:, 1]))

    names = list(dict.fromkeys(speakers))
    rates = []
    for drawn in np.random.default_rng(0).integers(0, len(names), (200, len(names))).tolist():
        edits = units = 0
        for number in drawn:
            of = [i for i, speaker in enumerate(speakers) if speaker == names[number]]
            edits += sum(errors[i] for i in of)
            units += sum(words[i] for i in of)
        rates.append(edits / units)
    assert found == (sorted(rates)[4], sorted(rates)[194])  # the 5th and the 195th of 200


def test_the_interval_is_that_of_all_resamples_there_can_be() -> None:
    errors, words = [0, 1, 5, 2], [4, 6, 5, 9]
    rates = sorted(
        sum(errors[i] for i in drawn) / sum(words[i] for i in drawn)
        for drawn in product(range(4), repeat=4)
    )

    values = np.stack([errors, words], 1).astype(float)
    sums = resampled(values, blocks_of([""] * 4), resamples=20_000)
    found = interval(divided(sums[:, 0], sums[:, 1]), 0.9)

    assert rates[9] <= found[0] <= rates[15]  # 5 % of 256 is 12.8
    assert rates[239] <= found[1] <= rates[246]


def test_utterances_of_a_speaker_are_drawn_together() -> None:
    """Each speaker is all wrong or all right, so there is less to learn than utterances."""
    values = np.array([[1.0, 1.0]] * 50 + [[0.0, 1.0]] * 50)
    by_speaker = resampled(values, blocks_of(["ann"] * 50 + ["bob"] * 50))
    by_utterance = resampled(values, blocks_of([""] * 100))

    assert set((by_speaker[:, 0] / by_speaker[:, 1]).tolist()) == {0.0, 0.5, 1.0}
    assert 0.3 < interval(by_utterance[:, 0] / by_utterance[:, 1])[0] < 0.5


@pytest.mark.parametrize("speakers", [["", "", ""], ["ann", "ann", ""]])
def test_without_two_speakers_each_utterance_is_drawn_by_itself(speakers: list[str]) -> None:
    assert blocks_of(speakers).by == "utterance"
    assert blocks_of(speakers).total == 3


def test_an_interval_may_reach_to_infinity() -> None:
    sums = resampled(np.array([[1.0, 0.0], [0.0, 5.0]]), blocks_of(["", ""]))

    assert interval(divided(sums[:, 0], sums[:, 1])) == (0.0, np.inf)


def test_many_blocks_are_drawn_in_parts_that_make_the_same_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = np.arange(20.0).reshape(10, 2)
    whole = resampled(values, blocks_of([""] * 10), resamples=50)

    monkeypatch.setattr("asr.metrics.bootstrap._AT_ONCE", 30)

    assert np.array_equal(resampled(values, blocks_of([""] * 10), resamples=50), whole)


def test_nothing_cannot_be_resampled() -> None:
    with pytest.raises(ValueError, match="0 blocks"):
        resampled(np.zeros((0, 2)), blocks_of([]))
