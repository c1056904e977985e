from typing import Any

import pytest

from asr.config import ConfigError, build, check, locate
from asr.errors import InputError
from asr.features.log_mel import LogMel
from asr.models.conv_stack import ConvStack

STACK = {"_target_": "asr.models.conv_stack.ConvStack", "blocks": [{"channels": 8, "kernels": [3]}]}


def _stack(**changes: Any) -> dict[str, Any]:
    return {**STACK, **changes}


def test_every_mistake_is_reported_with_its_key() -> None:
    config = {
        "model": _stack(blocks=[{"channels": "many", "kernels": [3]}]),
        "task": {"decoder": {"_target_": "asr.decoding.greedy.GreedyDecoder", "width": 3}},
        "features": {"_target_": "asr.features.log_mel.LogMell"},
        "seed": "one",
    }
    with pytest.raises(ConfigError) as error:
        check(config, {"seed": int}, {"model": {"in_channels"}})

    message = str(error.value)
    assert "model.blocks[0].channels: Input should be a valid integer, got 'many'" in message
    assert "task.decoder.width: asr.decoding.greedy.GreedyDecoder takes no such argument" in message
    assert (
        "features._target_: asr.features.log_mel has no 'LogMell'; did you mean LogMel?" in message
    )
    assert "seed: Input should be a valid integer, got 'one'" in message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"block": []}, "model.block: .* takes no such argument; did you mean blocks"),
        ({"every": {"dropuot": 0.1}}, r"model.every.dropuot"),
        ({"every": {"padding": "sane"}}, "model.every.padding"),
        ({"every": {"dropout": "0.1"}}, "model.every.dropout"),
        ({"every": {"residual": "no"}}, "model.every.residual"),
        ({"every": {"pool": {"kind": "maximum"}}}, "model.every.pool"),
        ({"every": {"stride": 1.5}}, "model.every.stride"),
        ({"every": {"dropout": float("nan")}}, "model.every"),
    ],
)
def test_a_wrong_value_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check({"model": _stack(**changes)}, {}, {"model": {"in_channels"}})


def test_a_missing_argument_is_named_unless_code_supplies_it() -> None:
    with pytest.raises(ConfigError, match=r"model\.in_channels: .* needs this argument"):
        check({"model": STACK}, {})
    check({"model": STACK}, {}, {"model": {"in_channels"}})


def test_an_unknown_setting_is_named() -> None:
    with pytest.raises(ConfigError, match="sead: no such setting; did you mean seed"):
        check({"sead": 1}, {"seed": int})


def test_build_makes_nested_objects_and_supplied_arguments_win() -> None:
    task = {
        "_target_": "asr.tasks.ctc.CTC",
        "decoder": {"_target_": "asr.decoding.greedy.GreedyDecoder"},
        "vocabulary": None,
    }
    built = build(task, vocabulary=["a", "b"])
    assert type(built.decoder).__name__ == "GreedyDecoder"
    assert built.blank == 2


def test_a_partial_is_left_to_the_code() -> None:
    node = {
        "_target_": "asr.models.conv_stack.ConvStack",
        "_partial_": True,
        "blocks": STACK["blocks"],
    }
    assert isinstance(build(node)(4), ConvStack)


def test_a_refusal_names_the_key() -> None:
    node = {"_target_": "asr.features.log_mel.LogMel", "sample_rate": 16000, "hop_ms": 99.0}
    with pytest.raises(InputError, match=r"^features: window_ms must be"):
        build(node, "features")


def test_locate_finds_a_class_by_its_dotted_name() -> None:
    assert locate("asr.features.log_mel.LogMel") is LogMel


@pytest.mark.parametrize("name", ["nowhere.Thing", "asr.features.log_mel.Nothing", "LogMel", ""])
def test_locate_says_what_it_cannot_find(name: str) -> None:
    with pytest.raises(InputError):
        locate(name)


def test_what_names_nothing_to_build_is_told() -> None:
    with pytest.raises(InputError, match=r"augment.spectrogram: .* names no _target_"):
        build({"time_width": 12}, "augment.spectrogram")
