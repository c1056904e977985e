"""Heads between blocks, in whole runs: they train, they are saved, and they are left behind."""

from pathlib import Path

import pytest
import torch

from asr.bundle import load_model

from .forked import start, tiny


@pytest.fixture(scope="module")
def trained(tones: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which a run with a head after its first block ended."""
    folder = tmp_path_factory.mktemp("intermediate")
    ended = start(folder, tiny(tones, "run_dir=out", "task.intermediate=[0]"))
    assert ended.status == 0, ended.err
    return folder


def test_heads_are_in_the_checkpoint_and_not_in_the_model(trained: Path) -> None:
    saved = torch.load(trained / "out/last.ckpt", weights_only=True)
    assert "intermediate.heads.0.project.weight" in saved["state_dict"]

    for name in ("model.safetensors", "best.ckpt", "last.ckpt"):
        model = load_model(trained / "out" / name).recognizer.model
        assert not any("intermediate" in weight for weight in model.state_dict())


def test_heads_are_trained_and_averaged(trained: Path) -> None:
    saved = torch.load(trained / "out/last.ckpt", weights_only=True)
    name = "intermediate.heads.0.project.weight"
    # With an average, the checkpoint has it under the usual name.
    assert not torch.equal(saved["state_dict"][name], saved["current_model_state"][name])


@pytest.mark.parametrize("blocks", ["[1]", "[9]"])
def test_blocks_that_the_encoder_has_not_end_in_one_line(
    tones: Path, tmp_path: Path, blocks: str
) -> None:
    ended = start(tmp_path, tiny(tones, f"task.intermediate={blocks}"))
    assert ended.status == 2
    [line] = ended.err.splitlines()
    assert line.startswith("error: task.intermediate: must be different numbers of blocks below")


def test_resume_refuses_other_heads(trained: Path) -> None:
    ended = start(trained, ["resume=out", "task.intermediate=[]", "trainer.max_epochs=9"])
    assert ended.status == 2
    [line] = ended.err.splitlines()
    assert "intermediate.heads.0.project.weight was (7, 32, 1), is None" in line
