"""The last part of a run, in which running statistics stay as they are."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from asr.training.held_statistics import HeldStatistics

from .forked import BATCHES, EPOCHS, start, start_two, tiny

PLAIN = ["save_every_steps=1", "callbacks.ema=null"]
FIRST = 9  # step, of 12


def held(begin: float = FIRST / (BATCHES * EPOCHS)) -> str:
    target = "asr.training.held_statistics.HeldStatistics"
    return f"callbacks.held_statistics={{_target_: {target}, begin: {begin}}}"


def weights(folder: Path) -> dict[str, Tensor]:
    return torch.load(folder / "last.ckpt", weights_only=True)["state_dict"]


def statistics(state: dict[str, Tensor]) -> dict[str, Tensor]:
    found = {name: tensor for name, tensor in state.items() if ".running_" in name}
    assert found
    return found


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


def test_statistics_stay_as_they_are_and_weights_are_trained_on(
    tones: Path, tmp_path: Path
) -> None:
    # The killed runs leave what there was after this step, in the midst of an epoch.
    for step in (FIRST - 1, FIRST):
        start(tmp_path, tiny(tones, *PLAIN, held(), f"run_dir=at{step}"), f"batch:{step}")
    ended = start(tmp_path, tiny(tones, *PLAIN, held(), "run_dir=out"))
    assert ended.status == 0, ended.err

    before, at, end = (weights(tmp_path / name) for name in (f"at{FIRST - 1}", f"at{FIRST}", "out"))
    assert same(statistics(at), statistics(end))
    assert not same(statistics(before), statistics(at))
    assert not any(torch.equal(at[name], end[name]) for name in at if name.endswith(".weight"))


def test_in_the_epochs_before_each_batch_of_an_epoch_weighs_the_same(
    tones: Path, tmp_path: Path
) -> None:
    # That is from step 1 on. What a batch is seen to change is in proportion to its weight.
    changes = []
    for more in ([], [held()]):
        for step in (1, 2):
            folder = f"out{len(more)}_{step}"
            start(tmp_path, tiny(tones, *PLAIN, *more, f"run_dir={folder}"), f"batch:{step}")
        one, two = (statistics(weights(tmp_path / f"out{len(more)}_{step}")) for step in (1, 2))
        changes.append({name: two[name] - one[name] for name in one})

    for name, change in changes[0].items():
        expected = change * (1 / BATCHES) / 0.1
        torch.testing.assert_close(changes[1][name], expected, rtol=1e-3, atol=1e-5)


def test_all_processes_go_on_with_the_same_statistics(tones: Path, tmp_path: Path) -> None:
    both = start_two(tmp_path, tiny(tones, *PLAIN, held(0.5), "run_dir=out"))
    assert [ended.status for ended in both] == [0, 0], both[0].err

    shares = torch.load(tmp_path / "out/last.ckpt", weights_only=True)["asr_shares"]
    one, other = (statistics(share["state_dict"]) for share in shares)
    assert same(one, other)


def test_a_network_without_such_statistics_is_trained_as_ever(tones: Path, tmp_path: Path) -> None:
    for name, more in (("plain", []), ("held", [held()])):
        options = tiny(tones, *PLAIN, *more, "model.every.norm=layer", f"run_dir={name}")
        ended = start(tmp_path, options)
        assert ended.status == 0, ended.err

    assert same(weights(tmp_path / "plain"), weights(tmp_path / "held"))


@pytest.mark.parametrize("begin", [0.0, 1.0])
def test_they_are_held_from_within_the_run(begin: float) -> None:
    with pytest.raises(ValueError, match="begin must be above 0 and below 1"):
        HeldStatistics(begin)
