"""Fine-tuning as its user runs it: python train.py finetune.from=RUN ..."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import Tensor

from asr.bundle import load_model

from .conftest import train

FROZEN = "finetune.freeze=[encoder.0.*]"
FEW = ["trainer.max_epochs=1", "optimizer.lr=1e-3"]


@pytest.fixture(scope="module")
def base(tones: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that transcribes tones by their letters, with global statistics."""
    folder = tmp_path_factory.mktemp("finetune")
    train(tones, folder, "run_dir=base", "vocabulary=characters", "features.normalize=global")
    return folder / "base"


@pytest.fixture
def tune(run: Any, base: Path) -> Any:
    """Runs a fine-tuning of :func:`base` on the corpus that it knows."""
    return lambda *overrides, **more: run(
        f"finetune.from={base}", *FEW, *overrides, body=False, **more
    )


def _weights(folder: Path) -> dict[str, Tensor]:
    return load_model(folder).recognizer.model.state_dict()


def test_what_is_frozen_stays_to_the_last_bit_the_rest_moves_and_all_is_told(
    tune: Any, base: Path, tmp_path: Path
) -> None:
    done = tune("vocabulary=characters", "run_dir=out", FROZEN)

    before, after = _weights(base), _weights(tmp_path / "out")
    frozen = {name for name in before if name.startswith(("encoder.0.", "features."))}
    assert any("running_mean" in name for name in frozen)
    for name, tensor in before.items():
        assert torch.equal(tensor, after[name]) == (name in frozen), name
    assert "fine-tuning base: encoder " in done.stdout
    assert "output: 5 of 5 rows reused\n" in done.stdout
    assert "frozen: " in done.stdout
    digest = hashlib.sha256((base / "model.safetensors").read_bytes()).hexdigest()
    facts = load_model(tmp_path / "out").facts
    assert facts["finetuned_from"] == {"name": "base", "sha256": digest}
    config = yaml.safe_load((tmp_path / "out/config.yaml").read_text())
    assert config["finetune"]["sha256"] == digest
    assert config["features"]["normalize"] == "global"


@pytest.mark.slow
def test_two_processes_leave_what_is_frozen_as_one_does(
    tune: Any, base: Path, tmp_path: Path
) -> None:
    tune("vocabulary=characters", "run_dir=out", FROZEN, "trainer=ddp_cpu", "trainer.devices=2")
    before, after = _weights(base), _weights(tmp_path / "out")
    for name, tensor in before.items():
        assert torch.equal(tensor, after[name]) == name.startswith(("encoder.0.", "features."))


def test_a_stopped_run_goes_on_when_the_bundle_is_gone(
    run: Any, base: Path, tmp_path: Path
) -> None:
    settings = [
        "vocabulary=characters", "schedule=constant", "optimizer.lr=1e-3", FROZEN,
        "finetune.learning_rates={encoder.1.*: 0.1}",
    ]  # fmt: skip
    shutil.copytree(base, tmp_path / "copy")
    for folder, epochs in (("whole", 2), ("parts", 1)):
        run("finetune.from=copy", f"run_dir={folder}", f"trainer.max_epochs={epochs}", *settings,
            body=False)  # fmt: skip
    shutil.rmtree(tmp_path / "copy")
    run("resume=parts", "trainer.max_epochs=2", tiny=False)

    whole, parts = (load_model(tmp_path / name) for name in ("whole", "parts"))
    for name, tensor in whole.recognizer.model.state_dict().items():
        assert torch.equal(tensor, parts.recognizer.model.state_dict()[name]), name
    assert parts.facts["finetuned_from"] == whole.facts["finetuned_from"]
    done = run("resume=parts", "finetune.decay=0.5", tiny=False, status=2)
    assert "finetune.decay: a resumed run keeps its parts" in done.stderr


def test_another_task_keeps_the_encoder_and_the_outputs_of_the_same_name(
    tune: Any, tmp_path: Path
) -> None:
    done = tune("task=classification", "vocabulary=labels", "run_dir=out")
    assert "rows reused" in done.stdout
    assert type(load_model(tmp_path / "out").recognizer.task).__name__ == "Classification"


def test_the_old_vocabulary_can_be_kept_and_dropout_be_changed(
    tune: Any, base: Path, tmp_path: Path
) -> None:
    tune("finetune.vocabulary=keep", "model.every.dropout=0.3", "run_dir=out")

    recognizer = load_model(tmp_path / "out").recognizer
    assert recognizer.vocabulary.symbols == load_model(base).recognizer.vocabulary.symbols
    assert recognizer.parts["model"]["every"]["dropout"] == 0.3
    config = yaml.safe_load((tmp_path / "out/config.yaml").read_text())
    assert config["vocabulary"]["units"] == list(recognizer.vocabulary.symbols)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("finetune.freeze=[encoder.9.*]", "there are encoder."),
        ("finetune.map={aa: a}", "did you mean 'a'?"),
        ("model.every.dilation=2", "model.every.dilation: would make another network"),
        ("finetune.form=x", "did you mean finetune.from?"),
    ],
)
def test_what_cannot_be_fine_tuned_is_one_line(tune: Any, override: str, message: str) -> None:
    done = tune("run_dir=out", "vocabulary=characters", override, status=2)
    assert message in done.stderr
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1
