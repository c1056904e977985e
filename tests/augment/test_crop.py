import pytest
import torch

from asr.augment.crop import Crop
from asr.keyed import generator


def test_a_part_from_anywhere_of_what_is_longer() -> None:
    ramp = torch.arange(30.0).repeat(2, 1)
    begins = set()
    for seed in range(300):
        part = Crop(seconds=0.02)(ramp, 1_000, generator(seed))
        assert part.shape == (2, 20)
        assert torch.equal(part, ramp[:, int(part[0, 0]) : int(part[0, 0]) + 20])
        begins.add(int(part[0, 0]))
    assert begins == set(range(11))


def test_a_place_anywhere_for_what_is_shorter_unless_it_is_to_stay_so() -> None:
    ones = torch.ones(1, 5)
    begins = set()
    for seed in range(200):
        placed = Crop(seconds=0.01)(ones, 1_000, generator(seed))[0]
        begin = int(placed.argmax())
        expected = torch.zeros(10)
        expected[begin : begin + 5] = 1
        assert torch.equal(placed, expected)
        begins.add(begin)
    assert begins == set(range(6))
    assert torch.equal(Crop(seconds=0.01, pad=False)(ones, 1_000, generator(0)), ones)


def test_what_fits_stays() -> None:
    waveform = torch.randn(1, 10)
    assert torch.equal(Crop(seconds=0.01)(waveform, 1_000, generator(0)), waveform)


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
def test_seconds_that_cannot_be_are_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds"):
        Crop(seconds)
