import pytest
import torch

from asr.augment.shift import Shift
from asr.keyed import generator


def test_the_recording_moves_and_zeros_enter() -> None:
    waveform = torch.arange(1.0, 101)[None]
    seen = set()
    for seed in range(200):
        moved = Shift(10.0)(waveform, 1_000, generator(seed))[0]
        later = int((moved == 0).sum()) * (1 if moved[0] == 0 else -1)
        expected = torch.zeros(100)
        kept = slice(max(0, -later), 100 - max(0, later))
        expected[max(0, later) : 100 - max(0, -later)] = waveform[0, kept]
        assert torch.equal(moved, expected)
        seen.add(later)

    assert seen == set(range(-10, 11))


def test_a_clip_shorter_than_the_shift_keeps_its_length() -> None:
    for seed in range(20):
        assert Shift(1_000)(torch.ones(1, 3), 16_000, generator(seed)).shape == (1, 3)


def test_the_quietest_of_the_recording_enters_in_the_place_of_zeros() -> None:
    waveform = torch.cat([torch.full((2, 300), 5.0), torch.full((2, 250), 1.0)], dim=1)
    waveform += torch.arange(550) / 10_000  # so that each sample is known again
    for seed in range(50):
        zeros = Shift(200.0)(waveform, 1_000, generator(seed))
        moved = Shift(200.0, fill="background")(waveform, 1_000, generator(seed))
        entered = zeros == 0
        assert torch.equal(moved[~entered], zeros[~entered])
        silence = moved[0, entered[0]]
        assert torch.equal(moved[1, entered[1]], silence)
        assert len(silence) < 2 or silence.diff().abs().max() < 2e-4  # there and back: no jumps
        assert silence.min() >= waveform[0, 300]
        assert silence.max() < waveform[0, 401]  # what is quietest is the first tenth of a second


def test_a_clip_shorter_than_the_background_is_its_own() -> None:
    waveform = torch.rand(1, 3) + 1
    for seed in range(20):
        moved = Shift(1_000, fill="background")(waveform, 16_000, generator(seed))
        assert set(moved[0].tolist()) <= set(waveform[0].tolist())


def test_another_fill_is_refused() -> None:
    with pytest.raises(ValueError, match="fill must be 'zeros' or 'background', got 'noise'"):
        Shift(fill="noise")  # type: ignore[arg-type]


@pytest.mark.parametrize("most_ms", [-1, float("nan"), float("inf")])
def test_a_shift_that_cannot_be_is_refused(most_ms: float) -> None:
    with pytest.raises(ValueError, match="most_ms"):
        Shift(most_ms)
