import pytest
import torch

from asr.augment.equalizer import Equalizer
from asr.keyed import generator

RATE = 16_000
CLICK = torch.nn.functional.pad(torch.ones(1, 1), (RATE // 2, RATE // 2 - 1))


def _response_db(equalizer: Equalizer, seed: int) -> torch.Tensor:
    """Decibels at every hertz from 0 to half the sample rate."""
    return 20 * torch.fft.rfft(equalizer(CLICK, RATE, generator(seed))[0]).abs().log10()


def test_the_response_stays_in_its_range_and_fills_it() -> None:
    spreads = []
    for seed in range(60):
        response = _response_db(Equalizer(6, 0, probability=1), seed)
        spread = float(response.max() - response.min())
        assert spread < 12.1
        spreads.append(spread)
    assert max(spreads) > 10


def test_the_response_is_smooth() -> None:
    for seed in range(20):
        response = _response_db(Equalizer(6, 0, probability=1), seed)
        octaves = response[[100, 105, 1000, 1050, 4000, 4200]]  # a fourteenth of an octave each
        assert octaves.diff()[::2].abs().max() < 1.6


def test_a_tilt_is_as_many_decibels_in_each_octave() -> None:
    tilts = []
    for seed in range(60):
        response = _response_db(Equalizer(0, 3, probability=1), seed)
        steps = response[[125, 250, 500, 1000, 2000, 4000, 8000]].diff()
        assert steps.tolist() == pytest.approx([float(steps.mean())] * 6, abs=0.15)
        tilts.append(float(steps.mean()))
    assert -3.1 < min(tilts) < -2.5
    assert 2.5 < max(tilts) < 3.1


def test_loudness_stays_and_silence_stays_silent() -> None:
    waveform = 0.1 * torch.randn(2, 5_000)
    changed = Equalizer(probability=1)(waveform, RATE, generator(1))

    assert float(changed.square().mean()) == pytest.approx(float(waveform.square().mean()), 1e-4)
    silent = torch.zeros(1, 500)
    assert torch.equal(Equalizer(probability=1)(silent, RATE, generator(1)), silent)


def test_channels_are_changed_alike() -> None:
    changed = Equalizer(probability=1)(torch.randn(1, 3_000).repeat(2, 1), RATE, generator(1))
    assert torch.equal(changed[0], changed[1])


@pytest.mark.parametrize(
    "arguments",
    [{"most_db": -1}, {"most_db": 61}, {"tilt_db": float("nan")}, {"octave_points": 0}],
)
def test_values_that_cannot_be_are_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(arguments))):
        Equalizer(**arguments)
