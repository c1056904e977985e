import math

import pytest
import torch

from asr.augment.pitch import Pitch
from asr.augment.stretch import stretched
from asr.augment.tempo import Tempo
from asr.keyed import generator

RATE = 16_000


def _tone(hertz: float, seconds: float = 1.0) -> torch.Tensor:
    return torch.sin(2 * math.pi * hertz * torch.arange(round(seconds * RATE)) / RATE)[None]


def _hertz(waveform: torch.Tensor) -> float:
    windowed = waveform[0] * torch.hann_window(waveform.shape[-1])
    return float(torch.fft.rfft(windowed, n=16 * RATE).abs().argmax()) / 16


@pytest.mark.parametrize("factor", [0.5, 0.8, 0.9, 1.1, 1.3, 2.0])
@pytest.mark.parametrize("hertz", [90, 440, 2500])
def test_duration_changes_and_pitch_and_loudness_do_not(factor: float, hertz: float) -> None:
    changed = stretched(_tone(hertz), RATE, factor)

    assert changed.shape == (1, math.ceil(RATE / factor))
    assert _hertz(changed) == pytest.approx(hertz, rel=0.005)
    middle = changed[0, 1000:-1000]
    assert float(middle.square().mean()) == pytest.approx(0.5, rel=0.02)


def test_events_come_as_much_earlier_as_the_sound_is_faster() -> None:
    bursts = torch.zeros(1, RATE)
    for begin in (3_000, 8_000, 13_000):
        bursts[0, begin : begin + 800] = 0.3 * torch.randn(800, generator=generator(begin))

    changed = stretched(bursts, RATE, 1.25)[0]

    power = changed.square().unfold(0, 80, 80).mean(dim=1)
    for begin in (3_000, 8_000, 13_000):
        around = slice(round((begin / 1.25 - 400) / 80), round((begin / 1.25 + 1_200) / 80))
        assert power[around].max() > 0.01
        power[around] = 0
    assert power.max() < 1e-4  # and nothing elsewhere


def test_at_the_same_tempo_pieces_fit_without_a_trace() -> None:
    waveform = torch.randn(2, 5_000)
    assert torch.allclose(stretched(waveform, RATE, 1.0), waveform, atol=1e-5)


@pytest.mark.parametrize("samples", [1, 2, 100, 479, 480, 481, 1_000])
@pytest.mark.parametrize("factor", [0.5, 0.9, 1.0, 1.7])
def test_the_shortest_clips_are_stretched_too(samples: int, factor: float) -> None:
    changed = stretched(torch.randn(1, samples), RATE, factor)
    assert changed.shape == (1, math.ceil(samples / factor))
    assert changed.isfinite().all()


def test_channels_are_cut_alike() -> None:
    changed = stretched(torch.randn(1, 4_000).repeat(2, 1), RATE, 0.9)
    assert torch.equal(changed[0], changed[1])


def test_factors_fill_their_range() -> None:
    tempo = Tempo(0.8, 1.25, probability=1)
    lengths = [
        tempo(torch.zeros(1, 1_000), 8_000, generator(seed)).shape[-1] for seed in range(200)
    ]
    assert 800 <= min(lengths) < 815
    assert 1_220 < max(lengths) <= 1_250


@pytest.mark.parametrize("semitones", [-5.0, -1.0, 2.0, 12.0])
def test_pitch_changes_and_duration_does_not(semitones: float) -> None:
    changed = Pitch([semitones], probability=1)(_tone(440), RATE, generator(0))

    assert changed.shape == (1, RATE)
    assert _hertz(changed) == pytest.approx(440 * 2 ** (semitones / 12), rel=0.006)


@pytest.mark.parametrize("semitones", [-0.2, 0.1, 0.25, 0.5])
def test_a_small_change_of_pitch_is_neither_lost_nor_made_larger(semitones: float) -> None:
    changed = Pitch([semitones], probability=1)(_tone(3_520), RATE, generator(0))

    heard = 12 * math.log2(_hertz(changed) / 3_520)
    assert heard == pytest.approx(semitones, abs=0.03)


@pytest.mark.parametrize(("slowest", "fastest"), [(0.2, 1), (1.2, 1.1), (1, 5)])
def test_tempos_that_cannot_be_are_refused(slowest: float, fastest: float) -> None:
    with pytest.raises(ValueError, match="slowest"):
        Tempo(slowest, fastest)


@pytest.mark.parametrize("semitones", [[], [13.0], [float("nan")]])
def test_semitones_that_cannot_be_are_refused(semitones: list[float]) -> None:
    with pytest.raises(ValueError, match="semitones"):
        Pitch(semitones)
