import pytest
import torch

from asr.augment.time_warp import TimeWarp
from asr.keyed import view_keys
from asr.padded import Padded

KEYS = torch.arange(400)


def _warped(length: int, **how: float) -> torch.Tensor:
    """Of a ramp, so that a value is the frame that it came from: ``(keys, frames)``."""
    ramp = torch.arange(length + 5.0).expand(len(KEYS), 1, -1)
    features = Padded(ramp, torch.full((len(KEYS),), length))
    return TimeWarp(**how)(features, KEYS).values[:, 0]  # type: ignore[arg-type]


@pytest.mark.parametrize("length", [1, 2, 9, 10, 11, 50, 300])
@pytest.mark.parametrize("fraction", [0.1, 0.25])
def test_time_goes_forward_from_the_first_frame_to_the_last(length: int, fraction: float) -> None:
    warped = _warped(length, fraction=fraction)

    assert (warped[:, :length].diff() > 0).all()
    assert (warped[:, 0] == 0).all()
    assert (warped[:, length - 1] == length - 1).all()
    assert torch.equal(warped[:, length:], torch.arange(length, length + 5.0).expand(400, -1))


def test_the_farthest_move_is_the_width_and_the_share_of_the_length() -> None:
    for how, most in (({"width": 7, "fraction": 0.25}, 7), ({"fraction": 0.1}, 19)):
        moved = (_warped(200, **how)[:, :200] - torch.arange(200.0)).abs().amax(dim=1)
        assert moved.max() <= most + 1e-3
        assert moved.max() > 0.9 * most
        assert moved.min() < 0.2 * most


def test_both_sides_of_the_instant_are_straight() -> None:
    steps = _warped(200, fraction=0.25)[:, :200].diff()
    bends = (steps.diff().abs() > 1e-3).sum(dim=1)
    assert bends.max() <= 2  # the instant may lie within a frame


@pytest.mark.parametrize("how", [{"width": -1}, {"fraction": 0.3}, {"fraction": float("nan")}])
def test_values_that_cannot_be_are_refused(how: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="fraction"):
        TimeWarp(**how)  # type: ignore[arg-type]


def test_both_views_of_an_utterance_are_warped_alike() -> None:
    features = Padded(torch.arange(50.0).expand(400, 1, -1), torch.full((400,), 50))

    both = TimeWarp(fraction=0.2)(features.repeated(2), view_keys(KEYS, 2)).values

    assert torch.equal(both[:400], both[400:])
    assert not torch.equal(both[0], both[1])
