from functools import partial
from typing import Any

import pytest
import torch

from asr.assemble import assemble
from asr.compose import CONFIGS, compose
from asr.config import build
from asr.errors import InputError
from asr.models.acoustic import AcousticModel
from asr.training.freeze import freeze
from asr.training.parameter_groups import parameter_groups, rate_factors
from tests.tone_models import SMALL

SCHEDULES = sorted(path.stem for path in (CONFIGS / "schedule").glob("*.yaml"))
OPTIMIZERS = sorted(path.stem for path in (CONFIGS / "optimizer").glob("*.yaml"))
FACTORS = {"encoder.0.*": 0.1, "encoder.*": 0.5, "*.bias": 3.0}


@pytest.fixture
def model() -> AcousticModel:
    return assemble(compose([*SMALL, "vocabulary.units=[a,b]"])).model


def _expected(name: str) -> float:
    if name.startswith("encoder."):
        return 0.1 if name.startswith("encoder.0.") else 0.5
    return 3.0 if name.endswith(".bias") else 1.0


def _rates(model: AcousticModel, optimizer: Any) -> dict[str, float]:
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    return {names[id(p)]: g["lr"] for g in optimizer.param_groups for p in g["params"]}


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_the_first_match_decides_and_holds_over_the_whole_schedule(
    model: AcousticModel, schedule: str, kind: str
) -> None:
    config = compose([f"schedule={schedule}", f"optimizer={kind}"])
    part = build(config["optimizer"], "optimizer")
    reference = part([torch.nn.Parameter(torch.zeros(1))])
    optimizer = part(parameter_groups(model.named_parameters(), part, rate_factors(model, FACTORS)))
    schedules = [build(config["schedule"])(o, steps=40) for o in (reference, optimizer)]

    for _ in range(40):
        base = reference.param_groups[0]["lr"]
        for name, rate in _rates(model, optimizer).items():
            assert rate == pytest.approx(base * _expected(name), rel=1e-9), name
        for stepped in (reference, optimizer, *schedules):
            stepped.step()


@pytest.mark.parametrize("kind", [torch.optim.AdamW, torch.optim.SGD, torch.optim.Rprop])
def test_weights_decay_as_the_optimizer_does_by_itself_where_the_config_does_not_say(
    model: AcousticModel, kind: Any
) -> None:
    part = partial(kind, lr=1e-3)
    by_itself = part(model.parameters()).param_groups[0].get("weight_decay", 0.0)

    weights, others = part(parameter_groups(model.named_parameters(), part, {})).param_groups

    assert weights["weight_decay"] == by_itself
    assert others["weight_decay"] == 0


def test_every_trained_parameter_is_in_one_group_and_only_weights_decay(
    model: AcousticModel,
) -> None:
    freeze(model, ["encoder.0.*"])
    part = partial(torch.optim.AdamW, lr=1e-3, weight_decay=0.1)

    groups = parameter_groups(model.named_parameters(), part, rate_factors(model, {"head.*": 2.0}))

    found = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(found) == sorted(id(p) for p in model.parameters() if p.requires_grad)
    for group in groups:
        assert {p.ndim > 1 for p in group["params"]} == {group["weight_decay"] == 0.1}


def test_without_factors_there_are_weights_and_the_rest(model: AcousticModel) -> None:
    part = partial(torch.optim.AdamW, lr=1e-3, weight_decay=0.1)
    weights, others = parameter_groups(model.named_parameters(), part, {})
    assert weights.keys() == others.keys() == {"params", "weight_decay"}
    assert (weights["weight_decay"], others["weight_decay"]) == (0.1, 0.0)


def test_decay_falls_from_the_head_to_the_first_layer(model: AcousticModel) -> None:
    factors = rate_factors(model, {"encoder.0.*": 10.0}, decay=0.5)
    for name, factor in factors.items():
        expected = 1.0 if name.startswith("head.") else 0.5 if "encoder.1." in name else 2.5
        assert factor == expected, name


def test_a_pattern_that_matches_nothing_is_refused(model: AcousticModel) -> None:
    with pytest.raises(InputError, match=r"finetune.learning_rates: 'haed.\*' .*head"):
        rate_factors(model, {"haed.*": 1.0})
