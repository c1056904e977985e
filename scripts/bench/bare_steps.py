"""Steps of a bare loop between those of a run, so that both meet the machine in the same state."""

import copy
import json
import time
from collections import deque
from pathlib import Path
from typing import Any, cast

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback

from asr.data.batch import Batch
from asr.training.module import SpeechModule
from asr.training.parameter_groups import parameter_groups

_KEPT = 100  # batches, so that those of the bare loop have left the processor's caches


class BareSteps(Callback):
    """After each step of the run, a step of a copy of its model, without Trainer and reading.

    The copy has the optimizer, precision, kernels and limit of the gradient's norm of the
    benchmark's run, and learns from batches of that run that are in memory. A step of the run is
    all that lies between two of the copy's. The first epoch, which decodes the audio and makes
    the kernels that the copy finds made, is not counted.

    Args:
        path: of a JSON file for the seconds of each counted step, ``run`` and ``bare``.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.batches = deque[Batch](maxlen=_KEPT)
        self.seconds: dict[str, list[float]] = {"run": [], "bare": []}
        self._ended = 0.0  # the copy's last step

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        module = cast(SpeechModule, pl_module)
        self.model, self.task = copy.deepcopy(module.model).train(), module.task
        groups = parameter_groups(self.model.named_parameters(), module.optimizer, {})
        self.optimizer = module.optimizer(groups)
        self.dtype = torch.bfloat16 if trainer.precision == "bf16-mixed" else torch.float32
        self.clip = float(trainer.gradient_clip_val or float("inf"))

    def on_train_batch_end(
        self,
        trainer: L.Trainer,
        pl_module: L.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        began = time.perf_counter()
        counted = trainer.current_epoch > 0 and batch_idx > 0
        if counted:
            self.seconds["run"].append(began - self._ended)
        self.batches.append(batch)
        self._step(self.batches[0])
        self._ended = time.perf_counter()
        if counted:
            self.seconds["bare"].append(self._ended - began)

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.path.write_text(json.dumps(self.seconds))

    def _step(self, batch: Batch) -> None:
        with torch.autocast("cpu", self.dtype, enabled=self.dtype == torch.bfloat16):
            loss = self.task.loss(self.model(batch.waveforms, batch.keys), batch)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimizer.step()
