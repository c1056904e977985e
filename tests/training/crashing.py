"""A callback that ends one process of a run by an error of the program."""

import os
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import Callback


class Crashing(Callback):
    """Raise in process ``rank`` when batch ``at``, counted from the start, begins.

    Args:
        status: of the process, which then ends without raising.
    """

    def __init__(self, rank: int, at: int, status: int | None = None) -> None:
        self.rank, self.at, self.status = rank, at, status

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if trainer.global_rank == self.rank and trainer.fit_loop.total_batch_idx == self.at:
            if self.status is not None:
                os._exit(self.status)
            raise ArithmeticError("crashed on purpose")
