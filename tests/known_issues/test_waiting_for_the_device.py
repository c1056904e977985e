"""Each step of classification asked the device which labels were known, and waited for the answer.

With a progress bar, so did each step of any training for its loss. PyTorch's ``meta`` device has no
values, so whoever asks it for one is found out.
"""

from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
import torch

from asr.assemble import assemble
from asr.compose import compose
from asr.data.batch import Batch
from asr.padded import Padded, sent
from asr.tasks.classification import Classification
from asr.text.labels import Labels
from asr.training.module import SpeechModule

LABELS = Labels(["cat", "dog", "owl"], counts=[1, 2, 3])


def _batch(size: int, device: str) -> Batch:
    ones = torch.ones(size, dtype=torch.int64, device=device)
    waveforms = Padded(torch.zeros(size, 1, 8000, device=device), 8000 * ones)
    names = ("x",) * size
    return Batch(waveforms, Padded(0 * ones[:, None], ones), ones, names, names, tuple(range(size)))


@pytest.mark.parametrize("views", [1, 2])
@pytest.mark.parametrize(
    "options",
    [{}, {"class_weights": "balanced", "label_smoothing": 0.1}, {"focal": 2.0},
     {"mixup": 1.0, "class_weights": {"cat": 2.0}}, {"cutmix": 1.0}],
)  # fmt: skip
def test_the_loss_asks_the_device_for_nothing(options: dict[str, Any], views: int) -> None:
    task = Classification(LABELS, consistency=float(views - 1), **options)
    shown = task.prepare(_batch(3, "meta"))
    scores = torch.randn(views * 3, 3, 1, device="meta", requires_grad=True)
    logits = Padded(scores, torch.ones(views * 3, device="meta"))

    assert task.losses(logits, shown).shape == (3,)
    task.loss(logits, shown).backward()
    assert scores.grad is not None


def test_a_gpu_is_not_waited_for_when_something_is_sent() -> None:
    for device, waits in (("cuda", False), ("mps", True)):
        values = mock.Mock()
        sent(values, torch.device(device))
        assert values.to.call_args.kwargs["non_blocking"] is not waits


def test_the_loss_is_read_where_it_is_logged_and_nowhere_else() -> None:
    parts: Any = compose(["model=seed", "vocabulary=characters", "vocabulary.units=[a]"])
    module = SpeechModule(assemble(parts), mock.Mock(), mock.Mock(), guard=mock.Mock())
    group = {"lr": 0.1}
    trainer = SimpleNamespace(
        log_every_n_steps=10, progress_bar_callback=object(), world_size=1,
        optimizers=[SimpleNamespace(param_groups=[group])],
    )  # fmt: skip
    module._trainer = trainer  # type: ignore[assignment]
    module.log = mock.Mock()  # type: ignore[method-assign]
    loss = mock.Mock()
    with mock.patch.object(module, "_loss", return_value=loss):
        for trainer.global_step in range(20):
            module.training_step(_batch(1, "cpu"), 0)

    told = [call.args[1] for call in module.log.call_args_list if call.args[0] == "train/loss"]
    assert told == [loss.detach.return_value.cpu.return_value] * 2
