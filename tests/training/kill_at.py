"""A callback that sends the run a signal as a batch begins."""

import os
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import Callback


class KillAt(Callback):
    """Send ``number`` to this process when batch ``at``, counted from the start, begins."""

    def __init__(self, at: int | None, number: int) -> None:
        self.at, self.number = at, number

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if trainer.fit_loop.epoch_loop.total_batch_idx == self.at:
            os.kill(os.getpid(), self.number)
