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


@pytest.mark.parametrize("peak", [0, 7, 15, 29])
def test_the_part_may_be_one_that_holds_the_loudest_sample(peak: int) -> None:
    waveform = torch.zeros(2, 30)
    waveform[0] = torch.arange(30) / 100
    waveform[1, peak] = -1
    crop, begins = Crop(seconds=0.01, loudest=True), set()
    for seed in range(200):
        part = crop(waveform, 1_000, generator(seed))
        assert part.shape == (2, 10)
        assert part.min() == -1
        begins.add(round(float(part[0, 0]) * 100))
    assert begins == set(range(max(0, peak - 9), min(20, peak) + 1))


def test_what_fits_stays() -> None:
    waveform = torch.randn(1, 10)
    assert torch.equal(Crop(seconds=0.01)(waveform, 1_000, generator(0)), waveform)


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
def test_seconds_that_cannot_be_are_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds"):
        Crop(seconds)
