import math
from fractions import Fraction

import pytest
import torch

from asr.augment.speed import Speed
from asr.keyed import generator


def _hertz(waveform: torch.Tensor, sample_rate: int) -> float:
    windowed = waveform[0] * torch.hann_window(waveform.shape[-1])
    spectrum = torch.fft.rfft(windowed, n=16 * sample_rate).abs()
    return float(spectrum.argmax()) / 16


@pytest.mark.parametrize("factor", [0.9, 1.1, 1.05, 0.8, 1.01])
@pytest.mark.parametrize("sample_rate", [8_000, 16_000])
def test_pitch_is_multiplied_and_duration_divided(factor: float, sample_rate: int) -> None:
    samples = sample_rate + 37
    tone = torch.sin(2 * math.pi * 440 * torch.arange(samples) / sample_rate)[None]

    changed = Speed([factor])(tone, sample_rate, generator(0))

    assert _hertz(changed, sample_rate) == pytest.approx(440 * factor, abs=0.2)
    assert changed.shape == (1, math.ceil(round(samples / factor, 6)))
    assert changed[0, 1000:-1000].abs().max() == pytest.approx(1, abs=0.02)


def test_each_factor_is_chosen_as_often_as_any_other() -> None:
    lengths = [
        Speed()(torch.zeros(1, 990), 16_000, generator(seed)).shape[-1] for seed in range(600)
    ]

    assert set(lengths) == {900, 990, 1100}
    assert all(150 < lengths.count(length) < 250 for length in set(lengths))


@pytest.mark.parametrize("samples", [1, 2, 100, 7_999, 8_000, 8_001, 16_000])
@pytest.mark.parametrize("factor", ["1.0", "1.1", "1.3", "0.77", "2.0"])
def test_no_part_of_a_sample_is_lost(samples: int, factor: str) -> None:
    changed = Speed([float(factor)])(torch.randn(2, samples), 16_000, generator(0))

    assert changed.shape == (2, math.ceil(samples / Fraction(factor)))


def test_channels_are_changed_alike() -> None:
    waveform = torch.randn(1, 5_000).repeat(3, 1)

    changed = Speed([1.1])(waveform, 16_000, generator(0))

    assert torch.equal(changed[0], changed[2])


@pytest.mark.parametrize("factors", [[], [0.0], [-1.0], [9.0], [1.0, float("nan")]])
def test_factors_that_cannot_be_are_refused(factors: list[float]) -> None:
    with pytest.raises(ValueError, match="factors"):
        Speed(factors)
