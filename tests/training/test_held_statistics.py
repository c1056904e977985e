"""The last part of a run, in which running statistics stay as they are."""

import re
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest
import torch
from torch import Tensor
from torch.optim import AdamW
from torch.optim.lr_scheduler import ConstantLR

from asr.assemble import assemble
from asr.compose import compose
from asr.padded import Padded
from asr.training.held_statistics import HeldStatistics
from asr.training.module import SpeechModule
from asr.training.nonfinite import FiniteSteps
from tests.tone_models import SMALL

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
    # The killed runs leave what there was after this step; the last is in the midst of an epoch.
    for step in (FIRST - 1, FIRST):
        start(tmp_path, tiny(tones, *PLAIN, held(), f"run_dir=at{step}"), f"batch:{step}")
    ended = start(tmp_path, tiny(tones, *PLAIN, held(), "run_dir=out"))
    assert ended.status == 0, ended.err

    before, at, end = (weights(tmp_path / name) for name in (f"at{FIRST - 1}", f"at{FIRST}", "out"))
    assert same(statistics(at), statistics(end))
    assert not same(statistics(before), statistics(at))
    assert not any(torch.equal(at[name], end[name]) for name in at if name.endswith(".weight"))


def test_in_the_epochs_before_the_newest_batch_weighs_as_one_of_an_epoch(
    tones: Path, tmp_path: Path
) -> None:
    options = ["data.batch_seconds=6", "trainer.max_epochs=5"]
    ended = start(tmp_path, tiny(tones, *PLAIN, *options, "run_dir=begun"), "batch:1")
    [found] = re.findall(r"threads; (\d+) batches an epoch", ended.out)
    batches = int(found)
    slow = int(0.9 * 5 * batches) - 2 * batches
    # What the step after it changes is in proportion to the weight of its batch.
    runs = []
    for name, more in (("plain", []), ("held", [held(0.9)])):
        for step in (slow, slow + 1):
            folder = f"{name}{step}"
            start(
                tmp_path, tiny(tones, *PLAIN, *options, *more, f"run_dir={folder}"), f"batch:{step}"
            )
            runs.append(statistics(weights(tmp_path / folder)))
    before, plain, also_before, slowed = runs

    assert batches > 10
    assert same(before, also_before)
    for name, statistic in before.items():
        expected = (plain[name] - statistic) / 0.1 / batches
        torch.testing.assert_close(slowed[name] - statistic, expected, rtol=1e-2, atol=1e-5)


def test_held_layers_normalise_as_in_recognition(tmp_path: Path) -> None:
    recognizer = assemble(compose([*SMALL, "vocabulary.units=[a,b]"]))
    module = SpeechModule(recognizer, AdamW, ConstantLR, guard=FiniteSteps(tmp_path, 10))
    batch = Padded(torch.randn(3, 1, 4000), torch.tensor([4000, 3000, 2000]))
    recognised = module.eval().model(batch)

    module.train()
    with torch.no_grad():
        assert not torch.equal(deepcopy(module.model)(batch).values, recognised.values)
    module.hold_statistics()
    module.eval()
    module.train()  # as after a validation

    torch.testing.assert_close(module.model(batch).zeroed().values, recognised.zeroed().values)


@pytest.mark.parametrize("average", [[], ["callbacks.ema=null"]])
def test_all_processes_go_on_with_the_same_statistics(
    tones: Path, tmp_path: Path, average: list[str]
) -> None:
    both = start_two(tmp_path, tiny(tones, *average, held(0.5), "run_dir=out"))
    assert [ended.status for ended in both] == [0, 0], both[0].err

    # Where there is an average of the weights, it is the state.
    shares = torch.load(tmp_path / "out/last.ckpt", weights_only=True)["asr_shares"]
    for part in shares[0]:
        one, other = (statistics(share[part]) for share in shares)
        assert same(one, other), part


def test_two_epochs_before_are_two_where_batches_make_a_step_together() -> None:
    steps = SimpleNamespace(
        estimated_stepping_batches=16, num_training_batches=4, accumulate_grad_batches=3,
        global_step=0,
    )  # fmt: skip
    module = Mock()
    callback = HeldStatistics(0.75)
    callback.on_train_start(cast(Any, steps), module)
    seen = []
    for step in range(1, 17):
        steps.global_step = step
        callback.on_train_batch_end(cast(Any, steps), module, None, None, 0)
        seen.append(
            (len(module.slow_statistics.mock_calls), len(module.hold_statistics.mock_calls))
        )

    assert seen.index((1, 0)) + 1 == 12 - 2 * 2
    assert seen.index((1, 1)) + 1 == 12


@pytest.mark.parametrize("epochs", [1, 2, 10])
def test_what_statistics_begin_with_is_forgotten_before_they_are_held(epochs: int) -> None:
    run = SimpleNamespace(
        estimated_stepping_batches=200 * epochs, num_training_batches=200,
        accumulate_grad_batches=1, global_step=0,
    )  # fmt: skip
    momentum, left = 0.1, 1.0
    module = Mock()
    callback = HeldStatistics(0.75)
    callback.on_train_start(cast(Any, run), module)
    while not module.hold_statistics.called:
        if module.slow_statistics.called:
            momentum = min(momentum, module.slow_statistics.call_args.args[0])
        left *= 1 - momentum
        run.global_step += 1
        callback.on_train_batch_end(cast(Any, run), module, None, None, 0)

    assert run.global_step == 150 * epochs
    assert left < 0.001


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
