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


@pytest.mark.parametrize("most_ms", [-1, float("nan"), float("inf")])
def test_a_shift_that_cannot_be_is_refused(most_ms: float) -> None:
    with pytest.raises(ValueError, match="most_ms"):
        Shift(most_ms)
