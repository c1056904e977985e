from typing import Any

import pytest

from asr.compose import check_config, compose
from asr.config import ConfigError
from asr.errors import InputError
from asr.training.finetuning import Finetuning, read_finetuning


def _read(*overrides: str) -> Finetuning | None:
    config = compose(list(overrides))
    check_config(config)
    return read_finetuning(config["finetune"])


def test_nothing_is_fine_tuned_by_default_nor_by_a_config_that_does_not_know_it() -> None:
    assert _read() is None
    assert read_finetuning(None) is None


def test_a_map_is_written_as_a_mapping_or_as_pairs() -> None:
    mapping = _read("finetune.from=x", "finetune.map={yes: ja, 1: eins}")
    pairs = _read("finetune.from=x", 'finetune.map=[["yes","ja"],["1","eins"]]')
    assert mapping is not None
    assert mapping == pairs
    assert mapping.pairs == (("yes", "ja"), ("1", "eins"))


@pytest.mark.parametrize(
    ("source", "name"),
    [("base/", "base"), ("digits.safetensors", "digits.safetensors"),
     ("base/last.ckpt", "base/last.ckpt"), ("base/model.safetensors", "base/model.safetensors")],
)  # fmt: skip
def test_the_name_of_the_source_does_not_tell_where_it_is(source: str, name: str) -> None:
    tuning = _read(f"finetune.from=/somewhere/private/{source}")
    assert tuning is not None
    assert tuning.name == name


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["finetune.from=null", "finetune.freeze=[x]"], "finetune.freeze: there is nothing"),
        (["finetune.from=null", "finetune.decay=0.5"], "finetune.decay: there is nothing"),
        (["finetune.from=null", "finetune.vocabulary=keep"], "finetune.vocabulary: there is"),
        (["finetune.decay=0"], "finetune.decay: must be above 0"),
        (["finetune.decay=1.5"], "finetune.decay: must be above 0"),
        (["finetune.learning_rates={head.*: 0}"], "factors must be above 0"),
        (["finetune.sha256=abc"], "finetune.sha256: must be 64 digits"),
    ],
)
def test_a_value_that_cannot_be_is_refused(overrides: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        _read("finetune.from=x", *overrides)


@pytest.mark.parametrize(
    "override",
    ["finetune.freeze=head", "finetune.vocabulary=old", "finetune.map=[[a]]", "finetune.from=3",
     "+finetune.form=x", "finetune.learning_rates={head.*: fast}"],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_named(override: str) -> None:
    key: Any = override.partition("=")[0].lstrip("+")
    with pytest.raises(ConfigError, match=key.partition(".")[0]):
        _read(override)
