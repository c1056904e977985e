import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.data.joining import Joining, join
from asr.keyed import generator

DURATIONS = st.lists(st.floats(0.1, 9), min_size=1, max_size=60).map(np.array)


def _draw(joining: Joining, seconds: np.ndarray, seed: int = 1, epoch: int = 0):
    return joining.draw(np.arange(len(seconds)), seconds, seed, epoch)


@settings(derandomize=True, deadline=None, max_examples=80)
@given(
    seconds=DURATIONS, share=st.floats(0, 1), most=st.integers(2, 5), epoch=st.integers(0, 5),
    pauses=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)  # fmt: skip
def test_the_planned_seconds_are_those_of_what_is_joined(
    seconds, share, most, epoch, pauses
) -> None:
    low, high = sorted(pauses)
    joins = _draw(Joining(share, most, low, high, longest=12.0), seconds, epoch=epoch)

    for row, (followers, waits, together) in enumerate(zip(*joins, strict=True)):
        there = followers >= 0
        others = followers[there]
        assert len(followers) == most - 1
        assert row not in others
        assert ((waits[there] >= low) & (waits[there] <= high)).all()
        assert not waits[~there].any()
        planned = seconds[row] + seconds[others].sum() + waits.sum()
        assert together == pytest.approx(planned)
        assert together <= 12.0 or not there.any()
    assert (joins.followers >= 0).any(axis=1).sum() <= round(share * len(seconds))


def test_the_share_is_met_and_every_number_and_every_utterance_follows() -> None:
    seconds = np.full(300, 1.0)
    joins = _draw(Joining(0.4, most=4), seconds)

    parts = 1 + (joins.followers >= 0).sum(axis=1)

    assert (parts > 1).sum() == 120
    assert set(parts) == {1, 2, 3, 4}
    seen = {
        row for epoch in range(20) for row in np.unique(_draw(Joining(0.4), seconds, 1, epoch)[0])
    }
    assert seen >= set(range(300))


def test_joins_are_a_function_of_seed_and_epoch() -> None:
    seconds = np.random.default_rng(0).uniform(1, 5, 50)
    joining = Joining(longest_pause=0.5)

    def same(one, other) -> bool:
        return all(map(np.array_equal, one, other))

    assert same(_draw(joining, seconds), _draw(joining, seconds))
    assert not same(_draw(joining, seconds), _draw(joining, seconds, epoch=1))
    assert not same(_draw(joining, seconds), _draw(joining, seconds, seed=2))


def test_waveforms_stand_one_after_the_other_with_quiet_noise_between() -> None:
    first = torch.full((2, 1000), 0.5)
    first[0, 200:240], first[1, 200:240] = 0.01, 0.02  # the quietest part
    last = torch.full((2, 300), -0.5)

    joined = join([first, last, first], [4000, 0], generator(1))

    assert torch.equal(joined[:, :1000], first)
    assert torch.equal(joined[:, 5000:5300], last)
    assert torch.equal(joined[:, 5300:], first)
    pause = joined[:, 1000:5000]
    assert pause.square().mean(dim=1).sqrt().tolist() == pytest.approx([0.01, 0.02], rel=0.05)
    assert not torch.equal(pause[0], pause[1] / 2)
    assert torch.equal(joined, join([first, last, first], [4000, 0], generator(1)))


def test_the_pause_after_silence_is_silent_and_after_one_sample_finite() -> None:
    assert join([torch.zeros(1, 60), torch.ones(1, 2)], [5], generator(0)).sum() == 2
    assert join([torch.ones(1, 1), torch.ones(1, 2)], [5], generator(0)).isfinite().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"share": 1.1}, "share"),
        ({"share": float("nan")}, "share"),
        ({"most": 1}, "most"),
        ({"shortest_pause": 0.2, "longest_pause": 0.1}, "shortest_pause"),
        ({"longest_pause": float("inf")}, "longest_pause"),
        ({"longest": 0.0}, "longest"),
    ],
)
def test_values_that_cannot_be_are_refused(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        Joining(**arguments)
