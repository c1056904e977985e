import pytest

from asr.assemble import assemble
from asr.compose import compose
from asr.errors import InputError
from asr.layers.norm import TimeBatchNorm
from asr.models.acoustic import AcousticModel
from asr.training.freeze import freeze
from tests.tone_models import SMALL


@pytest.fixture
def model() -> AcousticModel:
    return assemble(compose([*SMALL, "vocabulary.units=[a,b]"])).model


def test_what_matches_is_frozen_and_nothing_else(model: AcousticModel) -> None:
    still = freeze(model, ["encoder.0.*", "features.*"])

    for name, parameter in model.named_parameters():
        assert parameter.requires_grad != name.startswith("encoder.0.")
    assert {
        name for name, _ in model.named_modules() if f"{name}.".startswith("encoder.0.")
    } <= still
    assert not [name for name in still if name.startswith(("encoder.1", "head"))]
    assert "" not in still


def test_a_norm_whose_parameters_are_frozen_keeps_its_statistics_too(model: AcousticModel) -> None:
    norms = {name for name, layer in model.named_modules() if isinstance(layer, TimeBatchNorm)}
    still = freeze(model, [f"{name}.{kind}" for name in norms for kind in ("weight", "bias")])
    assert norms
    assert norms <= still


def test_statistics_alone_can_be_frozen(model: AcousticModel) -> None:
    still = freeze(model, ["*.running_*"])
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert still
    assert all(hasattr(model.get_submodule(name), "running_mean") for name in still)


def test_nothing_is_frozen_where_nothing_is_said(model: AcousticModel) -> None:
    assert freeze(model, []) == frozenset()
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("encoder.0", r"'encoder.0' matches no weight; there are encoder\.0\.\*"),
        ("haed.*", r"there are head\.\*"),
        ("?", r"there are encoder\.\*, head\.\*, features\.\*"),
    ],
)
def test_a_pattern_that_matches_nothing_is_answered_with_what_there_is(
    model: AcousticModel, pattern: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        freeze(model, [pattern])


def test_something_must_be_left_to_train(model: AcousticModel) -> None:
    with pytest.raises(InputError, match="leaves nothing to train"):
        freeze(model, ["*"])
