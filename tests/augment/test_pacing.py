"""What augmentation says beforehand of durations, against what comes out of it."""

import numpy as np
import pytest
import torch

from asr.augment.crop import Crop
from asr.augment.gain import Gain
from asr.augment.speed import Speed
from asr.augment.tempo import Tempo
from asr.augment.waveform import Chain, Transform
from asr.data.pacing import Pacing
from asr.keyed import generator

RATE = 8000
SECONDS = np.random.default_rng(0).uniform(0.3, 2.0, 60)
SPEED = Speed([0.8, 1.0, 1.25], probability=0.7)
CHANGES = [
    SPEED,
    Tempo(0.7, 1.4, probability=0.6),
    Crop(1.0),
    Crop(1.0, pad=False),
    Chain([SPEED, Gain(), Tempo(0.9, 1.1), Chain([Speed([0.9, 1.1])])]),
    Chain([SPEED, Crop(1.2)]),
    Chain([Crop(1.2, pad=False), SPEED]),
    Chain([Gain()]),
    Chain([]),
]


def _drawn(change: Pacing, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    return change.durations(SECONDS, np.random.default_rng(seed))


def _heard(change: Transform, seconds: float, seed: int = 0) -> float:
    waveform = torch.randn(1, round(seconds * RATE), generator=generator(seed))
    return change(waveform, RATE, generator(seed)).shape[-1] / RATE


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_planned_is_what_comes_out(change: Pacing) -> None:
    factors, planned = _drawn(change)

    assert len(factors) == len(planned) == len(SECONDS)
    for row, seconds in enumerate(SECONDS):
        left = [*factors[row].tolist(), 99.0]
        paced = change.paced(left)
        assert left == [99.0]
        assert _heard(paced, seconds, seed=row) == pytest.approx(planned[row], abs=3 / RATE)


def test_a_crop_that_may_not_happen_is_planned_for_the_longer_of_both() -> None:
    for crop in (Crop(1.0, probability=0.5), Crop(1.0, pad=False, probability=0.5)):
        planned = _drawn(crop)[1]
        heard = np.array([[_heard(crop, s, seed) for seed in range(8)] for s in SECONDS])
        assert heard.max(axis=1) == pytest.approx(planned, abs=1 / RATE)


@pytest.mark.parametrize("change", [SPEED, Tempo(0.8, 1.25, probability=0.7)])
def test_factors_are_drawn_as_the_transform_itself_draws_them(change) -> None:
    alone = np.array([1 / _heard(change, 1.0, seed) for seed in range(600)])
    drawn = change.durations(np.ones(6000), np.random.default_rng(0))[0][:, 0]

    assert (drawn == 1.0).mean() == pytest.approx((abs(alone - 1) < 1e-9).mean(), abs=0.05)
    for share in (0.1, 0.3, 0.5, 0.9):
        assert np.quantile(drawn, share) == pytest.approx(np.quantile(alone, share), abs=0.02)


def test_a_chain_draws_anew_for_each_part_and_with_each_generator() -> None:
    both = Chain([Speed([0.9, 1.1]), Speed([0.9, 1.1])])
    factors = _drawn(both)[0]

    assert factors.shape == (len(SECONDS), 2)
    assert not np.array_equal(factors[:, 0], factors[:, 1])
    assert np.array_equal(factors, _drawn(both)[0])
    assert not np.array_equal(factors, _drawn(both, seed=2)[0])
    assert isinstance(both, Pacing)
    assert not isinstance(Gain(), Pacing)
