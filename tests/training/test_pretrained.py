"""The config of a run that fine-tunes."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
import torch

from asr.assemble import assemble
from asr.bundle import load_model, save_bundle
from asr.compose import check_config, compose
from asr.errors import InputError
from asr.training.pretrained import with_pretrained
from tests.tone_models import SMALL


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of letters, untrained."""
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("pretrained") / "model.safetensors"
    save_bundle(path, assemble(compose([*SMALL, 'vocabulary.units=[" ",a,b,c]'])), {})
    return path


def _config(bundle: Path, *overrides: str) -> dict[str, Any]:
    given = [f"finetune.from={bundle}", *overrides]
    config = with_pretrained(compose(given), given)
    check_config(config)
    return config


def test_features_and_model_are_those_of_the_bundle_and_the_rest_is_not(bundle: Path) -> None:
    config = _config(bundle)

    parts = load_model(bundle).recognizer.parts
    assert config["features"] == parts["features"]
    assert config["model"] == parts["model"]
    assert config["vocabulary"] == compose([])["vocabulary"]
    assert config["finetune"]["sha256"] == hashlib.sha256(bundle.read_bytes()).hexdigest()


def test_a_config_that_fine_tunes_nothing_stays_as_it_is() -> None:
    assert with_pretrained(compose([]), []) == compose([])


def test_what_acts_in_training_only_may_be_changed(bundle: Path) -> None:
    config = _config(bundle, "model.every.dropout=0.4")
    assert config["model"]["every"]["dropout"] == 0.4
    assert config["model"]["blocks"] == load_model(bundle).recognizer.parts["model"]["blocks"]


def test_what_the_bundle_says_as_well_may_be_said(bundle: Path) -> None:
    assert _config(bundle, "features=log_mel", "features.sample_rate=8000", "features.bins=32")


@pytest.mark.parametrize(
    "override",
    ["model.every.dilation=2", "model.every.activation=gelu", "features.bins=40", "features=mfcc",
     "features.sample_rate=16000", "model=seed", "model.every.kernels=[3]", "features.hop_ms=20.0"],
)  # fmt: skip
def test_what_would_make_another_network_is_refused_by_name(bundle: Path, override: str) -> None:
    key = override.partition("=")[0]
    with pytest.raises(InputError, match=rf"^{key}: would make another network"):
        _config(bundle, override)


def test_the_vocabulary_of_the_bundle_can_be_kept(bundle: Path) -> None:
    config = _config(bundle, "finetune.vocabulary=keep")
    assert config["vocabulary"]["units"] == [" ", "a", "b", "c"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["vocabulary=words"], "leave out one of them"),
        (["task=classification"], "add task=ctc"),
    ],
)
def test_a_kept_vocabulary_goes_with_its_task_alone(
    bundle: Path, overrides: list[str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        _config(bundle, "finetune.vocabulary=keep", *overrides)


def test_another_file_than_the_one_that_was_noted_is_refused(bundle: Path) -> None:
    with pytest.raises(InputError, match=r"^finetune\.from: .* not 0000"):
        _config(bundle, f"finetune.sha256='{'0' * 64}'")


def test_a_bundle_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^finetune.from: .*nowhere: no such file"):
        _config(tmp_path / "nowhere")
