import pytest
import torch

from asr.augment.band import Band
from asr.keyed import generator

RATE = 16_000
CLICK = torch.nn.functional.pad(torch.ones(1, 1), (RATE // 2, RATE // 2 - 1))


def _power(band: Band, seed: int = 0) -> torch.Tensor:
    """At every hertz from 0 to half the sample rate."""
    return torch.fft.rfft(band(CLICK, RATE, generator(seed))[0]).abs().square()


def test_half_the_power_is_left_at_the_edges_and_hardly_any_an_octave_beyond() -> None:
    power = _power(Band((300, 300), (3400, 3400), probability=1))

    assert power[[300, 3400]].tolist() == pytest.approx([0.5, 0.5], abs=0.02)
    assert power[[1000, 2000]].tolist() == pytest.approx([1, 1], abs=0.01)
    assert power[[0, 100, 6800, 8000]].max() < 1e-3


def test_edges_fill_their_ranges() -> None:
    edges = []
    for seed in range(100):
        power = _power(Band(high_hz=(1000, 4000), probability=1), seed)
        edges.append(int((power < 0.5).nonzero()[0]))
    assert 990 <= min(edges) < 1100
    assert 3600 < max(edges) <= 4010
    assert 30 < sum(edge < 2000 for edge in edges) < 70  # even on the octave scale


def test_an_edge_above_half_the_sample_rate_cuts_nothing() -> None:
    waveform = torch.randn(1, 1_000)
    same = Band(high_hz=(9_000, 9_000), probability=1)(waveform, RATE, generator(0))
    assert torch.allclose(same, waveform, atol=1e-5)


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ({"low_hz": (0, 10)}, "low_hz"),
        ({"high_hz": (400, 300)}, "high_hz"),
        ({"high_hz": (400, float("inf"))}, "high_hz"),
        ({"low_hz": (100, 2000), "high_hz": (1000, 4000)}, "low_hz must end below"),
    ],
)
def test_edges_that_cannot_be_are_refused(edges, message) -> None:
    with pytest.raises(ValueError, match=message):
        Band(**edges)
