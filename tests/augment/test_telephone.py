import math

import pytest
import torch

from asr.augment.telephone import Telephone
from asr.keyed import generator


def _heard(waveform: torch.Tensor, sample_rate: int, rate: int = 8_000) -> torch.Tensor:
    return Telephone(rate, probability=1)(waveform, sample_rate, generator(0))


def test_what_is_above_half_the_rate_of_the_line_is_lost() -> None:
    time = torch.arange(16_000) / 16_000
    low, high = (torch.sin(2 * math.pi * hertz * time) for hertz in (1_000, 6_000))

    power = torch.fft.rfft(_heard((low + high)[None], 16_000)[0]).abs().square()

    assert power[6_000] < 1e-5 * power[1_000]
    assert float(power[1_000]) == pytest.approx(8_000**2, rel=0.05)


def test_at_its_own_rate_a_sample_is_off_by_half_a_step_of_the_mu_law_at_most() -> None:
    waveform = torch.linspace(-0.5, 0.5, 40_001)[None]

    heard = _heard(waveform, 8_000)

    assert 250 <= len(heard.unique()) <= 255
    fine = [torch.log1p(255 * (2 * x).abs()) / math.log(256) for x in (waveform, heard)]
    assert (fine[0] - fine[1]).abs().max() <= 0.5 / 127 + 1e-6
    assert torch.equal(heard.sign()[waveform.abs() > 1e-4], waveform.sign()[waveform.abs() > 1e-4])


@pytest.mark.parametrize("samples", [1, 3, 999, 1_000])
def test_lengths_stay_and_silence_stays_silent(samples: int) -> None:
    silent = torch.zeros(2, samples)
    assert torch.equal(_heard(silent, 16_000), silent)
    assert torch.equal(_heard(silent, 11_025), silent)


def test_a_rate_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="rate"):
        Telephone(0)
