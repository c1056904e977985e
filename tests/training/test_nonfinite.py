"""Numbers that are not finite reach neither weights, optimizer, running statistics nor checkpoints.

Of the table of faults, section 2, NaN / Inf.
"""

import json
from copy import deepcopy
from math import inf, isfinite, isnan, nan
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch.optim import SGD, AdamW, Optimizer

from asr.data.batch import Batch
from asr.errors import InputError
from asr.training import nonfinite
from asr.training.checkpoint import AtomicCheckpointIO
from asr.training.nonfinite import FiniteSteps

from .forked import start, tiny

PLAIN = ["schedule=constant", "trainer.max_epochs=null", "save_every_steps=1"]


def state(folder: Path, name: str = "last.ckpt") -> dict[str, Any]:
    return torch.load(folder / name, weights_only=True)


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "nonfinite.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("kind", ["waveform", "loss", "gradient"])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "novograd"])
def test_finite_01_a_step_that_is_not_finite_changes_nothing(
    tones: Path, tmp_path: Path, kind: str, optimizer: str
) -> None:
    options = tiny(tones, *PLAIN, f"optimizer={optimizer}", "callbacks.ema=null")
    start(tmp_path, [*options, "trainer.max_steps=2", "run_dir=two"])

    ended = start(tmp_path, [*options, "trainer.max_steps=3", "run_dir=three"], f"{kind}:2")

    assert ended.status == 0, ended.out + ended.err
    two, three = (state(tmp_path / name) for name in ("two", "three"))
    for name, tensor in two["state_dict"].items():
        assert torch.equal(tensor, three["state_dict"][name]), name
    for moments, others in zip(
        two["optimizer_states"][0]["state"].values(),
        three["optimizer_states"][0]["state"].values(), strict=True,
    ):  # fmt: skip
        assert all(torch.equal(moments[name], others[name]) for name in moments)
    [row] = rows(tmp_path / "three")
    assert row["step"] == 2
    assert len(row["ids"]) > 1
    assert (row["loss"] is None) == (kind != "gradient")
    assert row["gradient_norm"] is None
    batch = load_file(tmp_path / "three" / row["batch"])
    assert len(batch["waveforms"]) == len(row["ids"])
    assert batch["waveforms"].isfinite().all() == (kind != "waveform")
    assert "step 2 left out: loss" in ended.out


def _admit(guard: FiniteSteps, norm: float, optimizer: Optimizer, model: nn.Module) -> None:
    trainer: Any = SimpleNamespace(
        precision="16-mixed" if isinstance(optimizer, SGD) else "32-true", global_step=0,
        current_epoch=0, global_rank=0,
    )  # fmt: skip
    guard.admit(torch.tensor(norm), optimizer, trainer, cast(Any, model))


def test_fused_adam_is_told_to_change_nothing_as_on_a_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nonfinite, "_in_kernel", lambda norm, optimizer: True)
    model = nn.Linear(3, 2)
    optimizer = AdamW(model.parameters(), fused=True)
    statistic, guard = torch.ones(3), FiniteSteps(tmp_path, most=1)
    for norm in (1.0, nan, 1.0):
        guard.begin([statistic])
        before = deepcopy((model.state_dict(), optimizer.state_dict()["state"], statistic))
        statistic += 1
        for parameter in model.parameters():
            parameter.grad = torch.full_like(parameter, norm)

        _admit(guard, norm, optimizer, model)
        optimizer.step()

        after = model.state_dict(), optimizer.state_dict()["state"], statistic
        assert (_flat(after) == _flat(before)) == isnan(norm)
        assert torch.equal(after[2], before[2]) == isnan(norm)


def _flat(state: Any) -> list[float]:
    if isinstance(state, torch.Tensor):
        return cast(list[float], state.flatten().tolist())
    parts = state.values() if isinstance(state, dict) else state
    return [number for part in parts for number in _flat(part)]


def test_a_finite_step_ends_the_row_where_losses_are_scaled(tmp_path: Path) -> None:
    model = nn.Linear(3, 2)
    optimizer, guard = SGD(model.parameters(), lr=0.1), FiniteSteps(tmp_path, most=1)
    for norm in (nan, 1.0, nan):
        guard.begin([])
        guard.mark(torch.tensor(norm), mock.Mock(spec=Batch, ids=()))
        with mock.patch.object(FiniteSteps, "_write"):
            _admit(guard, norm, optimizer, model)


@pytest.mark.parametrize("loss", [1.5, inf, nan])
@pytest.mark.parametrize("statistic", [3e38, inf, -inf, nan])
def test_a_loss_is_marked_where_it_or_a_running_statistic_is_not_finite(
    tmp_path: Path, loss: float, statistic: float
) -> None:
    guard = FiniteSteps(tmp_path, most=1)
    statistics = [torch.zeros(2), torch.tensor([3e38, 3e38, 1.0])]
    guard.begin(statistics)
    statistics[1][2] = statistic
    given = torch.tensor(loss, requires_grad=True)

    marked = guard.mark(given * 1, mock.Mock())
    marked.backward()

    good = isfinite(loss) and isfinite(statistic)
    assert isfinite(marked.detach()) == isfinite(given.grad) == good
    assert not good or (marked.item(), given.grad.item()) == (loss, 1)


def test_training_goes_on_after_it_and_the_average_stays_finite(
    tones: Path, tmp_path: Path
) -> None:
    ended = start(tmp_path, tiny(tones, "run_dir=out", "trainer.accumulate=2"), "waveform:3-5")
    assert ended.status == 0, ended.out + ended.err
    assert [row["step"] for row in rows(tmp_path / "out")] == [1, 1, 2, 2]  # of two batches each
    for part in ("state_dict", "current_model_state"):
        assert all(tensor.isfinite().all() for tensor in state(tmp_path / "out")[part].values())


def test_finite_03_many_in_a_row_end_the_run_in_one_line_and_status_2(
    tones: Path, tmp_path: Path
) -> None:
    options = tiny(tones, "run_dir=out", "max_nonfinite_steps=2")
    ended = start(tmp_path, options, "loss:3-9")
    assert ended.status == 2
    [line] = ended.err.splitlines()
    assert line.startswith("error: training: 3 steps in a row were not finite, the last of them ")
    assert "out/nonfinite.jsonl" in line
    saved = state(tmp_path / "out")
    assert saved["global_step"] == 4
    assert all(tensor.isfinite().all() for tensor in saved["state_dict"].values())


def test_one_good_step_between_them_lets_the_run_go_on(tones: Path, tmp_path: Path) -> None:
    options = tiny(tones, "run_dir=out", "max_nonfinite_steps=3")
    assert start(tmp_path, options, "loss:3-5").status == 0


def test_finite_02_a_good_checkpoint_is_not_replaced_by_one_that_is_not_finite(
    tmp_path: Path,
) -> None:
    path = tmp_path / "last.ckpt"
    good = {"state_dict": {"model.weight": torch.ones(3)}, "global_step": 7}
    AtomicCheckpointIO().save_checkpoint(good, path)
    state = {0: {"step": torch.tensor(1.0), "exp_avg": torch.tensor([1.0, float("nan")])}}
    bad = {**good, "optimizer_states": [{"state": state}]}

    with pytest.raises(InputError, match=r"optimizer_states.0.state.0.exp_avg is not finite; the"):
        AtomicCheckpointIO().save_checkpoint(bad, path)

    assert torch.load(path, weights_only=True)["global_step"] == 7
