"""Deterministic runs filled all memory before kernels wrote to it, and took a twentieth longer."""

from pathlib import Path

import pytest

from tests.training.conftest import train
from tests.training.two_runs import differences

FILLING = """
import lightning as L
import torch
from torch.utils import deterministic


class Filling(L.Callback):
    def on_train_start(self, trainer, module):
        assert torch.are_deterministic_algorithms_enabled()
        assert not deterministic.fill_uninitialized_memory
        deterministic.fill_uninitialized_memory = True
"""


def test_no_kernel_reads_memory_that_was_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "filling.py").write_text(FILLING)
    short = [
        "trainer.max_epochs=1",
        "trainer.precision=bf16",
        "model.every.dropout=0.1",
        "data.join.share=0.5",
    ]
    train(tmp_path / "tones", tmp_path, "run_dir=plain", *short)
    train(tmp_path / "tones", tmp_path, "run_dir=filled", *short,
          "+callbacks.filling._target_=filling.Filling")  # fmt: skip
    assert differences(tmp_path / "plain", tmp_path / "filled") == []
