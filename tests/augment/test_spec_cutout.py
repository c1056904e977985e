import pytest
import torch

from asr.augment.spec_cutout import SpecCutout
from asr.padded import Padded

KEYS = torch.arange(2000)


def _blank(length: int, frames: int, cutout: SpecCutout) -> torch.Tensor:
    ones = torch.ones(len(KEYS), 40, frames)
    return cutout(Padded(ones, torch.full((len(KEYS),), length)), KEYS).values == 0


def test_one_rectangle_is_a_rectangle_within_the_utterance_of_any_size_up_to_the_largest() -> None:
    cutout = SpecCutout(rectangles=1, frequency_width=8, time_width=9, time_fraction=0.2)
    blank = _blank(30, 50, cutout)

    bins, frames = blank.any(dim=2), blank.any(dim=1)
    assert torch.equal(blank, bins[:, :, None] & frames[:, None, :])
    assert not frames[:, 30:].any()
    assert bins.sum(dim=1).unique().tolist() == [0, *range(1, 9)]
    assert frames.sum(dim=1).unique().tolist() == [0, *range(1, 7)]  # a fifth of 30
    edges = bins.int().diff(dim=1).abs().sum(dim=1) + bins[:, 0] + bins[:, -1]
    assert set(edges.tolist()) <= {0, 2}  # in one piece
    assert bins.any(dim=0).all()
    assert frames.any(dim=0)[:30].all()


def test_the_width_limits_long_utterances() -> None:
    cutout = SpecCutout(rectangles=1, frequency_width=8, time_width=4, time_fraction=0.5)
    assert _blank(50, 50, cutout).any(dim=1).sum(dim=1).max() == 4


def test_more_rectangles_blank_more() -> None:
    shares = [
        float(_blank(50, 50, SpecCutout(rectangles=n, frequency_width=8)).float().mean())
        for n in (0, 1, 5)
    ]
    assert shares[0] == 0
    assert 4 * shares[1] < shares[2] <= 5.2 * shares[1]


def test_rectangles_that_could_blank_everything_are_refused_when_the_bins_are_known() -> None:
    with pytest.raises(ValueError, match="could blank all of it"):
        _blank(50, 50, SpecCutout(rectangles=5, frequency_width=40, time_fraction=0.2))


@pytest.mark.parametrize("how", [{"rectangles": -1}, {"time_fraction": 1.1}])
def test_values_that_cannot_be_are_refused(how: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="rectangles"):
        SpecCutout(**how)  # type: ignore[arg-type]
