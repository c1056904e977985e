import pytest
import torch

from asr.augment.filter_augment import FilterAugment
from asr.padded import Padded

KEYS = torch.arange(3000)
BINS = 40


def _gain(**how) -> torch.Tensor:
    """What is added to each bin, ``(keys, bins)``."""
    features = Padded(torch.zeros(len(KEYS), BINS, 3), torch.full((len(KEYS),), 3))
    added = FilterAugment(**how)(features, KEYS).values
    assert torch.equal(added[..., :1].expand_as(added), added)
    return added[..., 0]


def test_steps_are_as_many_levels_as_there_are_bands_in_their_range() -> None:
    gain = _gain(least_bands=2, most_bands=5, most=0.7, kind="step")
    levels = 1 + (gain.diff(dim=1) != 0).sum(dim=1)
    assert set(levels.tolist()) == {2, 3, 4, 5}
    shares = [float((levels == n).float().mean()) for n in range(2, 6)]
    assert all(0.15 < share < 0.35 for share in shares)
    assert gain.abs().max() <= 0.7
    assert gain.min() < -0.65
    assert gain.max() > 0.65


def test_lines_are_straight_between_their_edges_and_do_not_jump() -> None:
    gain = _gain(least_bands=3, most_bands=3, most=1.0)
    bends = (gain.diff(dim=1).diff(dim=1).abs() > 1e-3).sum(dim=1)
    assert bends.max() == 4  # two inner edges, each within a bin
    assert gain.abs().max() <= 1
    wide = gain[bends == 0]
    assert len(wide) == 0 or wide.diff(dim=1).abs().max() < 0.1


def test_one_band_of_one_level_is_a_change_of_loudness() -> None:
    gain = _gain(least_bands=1, most_bands=1, kind="step")
    assert torch.equal(gain, gain[:, :1].expand_as(gain))


def test_edges_lie_anywhere() -> None:
    gain = _gain(least_bands=2, most_bands=2, kind="step")
    places = (gain.diff(dim=1) != 0).float().mean(dim=0)
    assert places.min() > 0.012
    assert places.max() < 0.045


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"least_bands": 0}, "least_bands"),
        ({"least_bands": 7}, "least_bands"),
        ({"most": -0.1}, "most"),
        ({"most": float("nan")}, "most"),
        ({"kind": "cubic"}, "kind"),
    ],
)
def test_values_that_cannot_be_are_refused(how, message) -> None:
    with pytest.raises(ValueError, match=message):
        FilterAugment(**how)
