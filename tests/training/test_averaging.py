from types import SimpleNamespace
from typing import Any, cast

import lightning as L
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from asr.errors import InputError
from asr.tasks.task import Monitor
from asr.training.averaging import Averaging
from asr.training.callbacks import make_callbacks
from asr.training.ema import ema
from asr.training.swa import swa


class _Moving(L.LightningModule):
    """A weight and a running statistic, which are to be what a step sets them to."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(2))
        self.register_buffer("running_mean", torch.zeros(2))


def _averages(callback: Averaging, path: torch.Tensor, stop: int | None = None) -> torch.Tensor:
    """The average after the last of the steps, after each of which the weights are a row."""
    module = _Moving()
    trainer: Any = SimpleNamespace(global_step=0, estimated_stepping_batches=len(path))
    callback.setup(trainer, module, "fit")
    callback.on_train_start(trainer, module)
    for step, row in enumerate(path[:stop], 1):
        with torch.no_grad():
            module.weight.copy_(row)
            module.running_mean.copy_(2 * row)  # type: ignore[operator]
        trainer.global_step = step
        callback.on_train_batch_end(trainer, module, None, None, step)
    average = cast(Any, callback._average_model).module
    torch.testing.assert_close(average.running_mean, 2 * average.weight)
    return average.weight.detach()


@given(st.integers(1, 12), st.sampled_from([0.0, 0.3, 0.5, 0.75, 0.95]))
def test_an_even_average_is_the_mean_of_the_last_part(steps: int, begin: float) -> None:
    path = torch.randn(steps, 2)
    first = max(int(begin * steps), 1)

    torch.testing.assert_close(_averages(swa(begin), path), path[first - 1 :].mean(dim=0))


def test_before_its_part_an_even_average_is_the_weights_as_they_are() -> None:
    path = torch.randn(10, 2)

    for stop in range(1, 6):
        assert torch.equal(_averages(swa(0.5), path, stop), path[stop - 1])


def test_an_exponential_average_begins_fast_and_slows_down() -> None:
    path = torch.randn(40, 2)
    expected = path[0].clone()
    for count, row in enumerate(path[1:], 1):
        past = min(0.7, (1 + count) / (10 + count))
        expected = past * expected + (1 - past) * row

    torch.testing.assert_close(_averages(ema(0.7), path), expected)


@pytest.mark.parametrize("begin", [-0.1, 1.0])
def test_an_even_average_begins_within_the_run(begin: float) -> None:
    with pytest.raises(ValueError, match="begin must be 0 up to below 1"):
        swa(begin)


def test_two_averages_are_refused() -> None:
    nodes = {
        "ema": {"_target_": "asr.training.ema.ema"},
        "swa": {"_target_": "asr.training.swa.swa"},
    }
    with pytest.raises(InputError, match="leave out one"):
        make_callbacks(nodes, Monitor("wer", "min"))
    assert make_callbacks({**nodes, "ema": None}, Monitor("wer", "min"))
