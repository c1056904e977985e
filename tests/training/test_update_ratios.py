import pytest
import torch
from torch import nn

from asr.training.update_ratios import UpdateRatios


def _step(ratios: UpdateRatios, model: nn.Module, factors: list[float], step: int) -> list[float]:
    ratios.begin()
    with torch.no_grad():
        for layer, factor in zip(model, factors, strict=True):
            layer.weight *= factor
    return ratios.end(step)


def test_updates_are_told_as_shares_of_the_weights() -> None:
    model = nn.Sequential(*(nn.Conv1d(2, 2, 3) for _ in range(3)))
    ratios = UpdateRatios()
    ratios.start(model)
    assert _step(ratios, model, [1.5, 1.1, 0.8], 1) == pytest.approx([0.1, 0.2, 0.5], rel=1e-4)
    assert _step(ratios, model, [1.01, 1.02, 1.03], 4) == pytest.approx(
        [0.01, 0.02, 0.03], rel=1e-3
    )
    assert ratios.highest == pytest.approx(0.2, rel=1e-4)
    assert ratios.path == pytest.approx(0.2 + 3 * 0.02, rel=1e-3)
    assert ratios.table()["0"] == pytest.approx({"last": 0.01, "highest": 0.5}, rel=1e-3)
    assert set(ratios.table()) == {"0", "1", "2"}


def test_growth_is_told_in_terms_of_the_first_weights_also_by_a_run_that_goes_on() -> None:
    model = nn.Sequential(nn.Conv1d(2, 2, 3))
    ratios = UpdateRatios()
    ratios.start(model)
    _step(ratios, model, [3.0], 1)
    resumed = UpdateRatios()
    resumed.restore(ratios.state())
    resumed.start(model)
    for step in (2, 3):
        _step(resumed, model, [2.0], step)
    assert resumed.grown == pytest.approx(6)  # the step that is measured begins there
    assert resumed.state()["until"] == 3


def test_a_step_that_was_left_out_and_frozen_weights_are_no_updates() -> None:
    model = nn.Sequential(nn.Conv1d(2, 2, 3))
    ratios = UpdateRatios()
    ratios.start(model)
    assert _step(ratios, model, [1.0], 1) == []
    model.requires_grad_(False)
    ratios = UpdateRatios()
    ratios.start(model)
    assert _step(ratios, model, [2.0], 1) == []
    assert ratios.path == 0
