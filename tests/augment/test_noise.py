from typing import Literal

import pytest
import torch

from asr.augment.noise import Noise
from asr.keyed import generator

Color = Literal["white", "pink"]


@pytest.mark.parametrize("color", ["white", "pink"])
@pytest.mark.parametrize("ratio_db", [-5.0, 10.0, 30.0])
@pytest.mark.parametrize("samples", [1, 2, 15_999, 16_000])
def test_the_ratio_is_as_asked(color: Color, ratio_db: float, samples: int) -> None:
    waveform = 0.1 * torch.randn(2, samples, generator=generator(1))

    noisy = Noise(ratio_db, ratio_db, color, probability=1)(waveform, 16_000, generator(0))

    noise = noisy - waveform
    measured = 10 * torch.log10(waveform.square().mean() / noise.square().mean())
    assert float(measured) == pytest.approx(ratio_db, abs=0.5)


@pytest.mark.parametrize("color", ["white", "pink"])
def test_a_silent_clip_stays_silent_and_finite(color: Color) -> None:
    silent = torch.zeros(1, 1_000)

    noisy = Noise(0, 0, color, probability=1)(silent, 16_000, generator(0))

    assert torch.equal(noisy, silent)


@pytest.mark.parametrize(("color", "drop_db"), [("white", 0), ("pink", 3)])
def test_power_falls_by_three_decibels_an_octave_in_pink_noise_only(
    color: Color, drop_db: float
) -> None:
    waveform = torch.ones(1, 1 << 17)

    noise = Noise(0, 0, color, probability=1)(waveform, 16_000, generator(0)) - waveform

    power = torch.fft.rfft(noise[0]).abs().square()
    octaves = torch.stack([power[1 << n : 2 << n].mean() for n in range(8, 16)])
    assert (-10 * torch.log10(octaves)).diff().tolist() == pytest.approx([drop_db] * 7, abs=0.6)


def test_channels_get_noise_of_their_own() -> None:
    noisy = Noise(0, 0, probability=1)(torch.ones(2, 100), 16_000, generator(0))

    assert not torch.equal(noisy[0], noisy[1])


def test_a_range_or_a_color_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="low_db"):
        Noise(20, 10)
    with pytest.raises(ValueError, match="'brown'"):
        Noise(color="brown")  # type: ignore[arg-type]
