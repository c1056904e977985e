"""Checkpoints: the last state and the best, each written whole or not at all."""

import math
import os
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.fabric.plugins.io import TorchCheckpointIO
from lightning.pytorch.callbacks import Callback

from asr.tasks.task import Monitor

LAST, BEST = "last.ckpt", "best.ckpt"


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the final name, syncs, and renames.

    Lightning's own way is atomic only where the temporary folder is on the same file system.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None
    ) -> None:
        """Write ``checkpoint`` so that ``path`` always holds a whole file, the old or the new."""
        path = Path(path)
        beside = path.with_name(f".{path.name}.{os.getpid()}.writing")
        try:
            with beside.open("wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


class Checkpoints(Callback):
    """Keeps ``last.ckpt`` and, by the task's monitor, ``best.ckpt``.

    Args:
        monitor: a metric of validation; of equal values the latest is kept, which has been
            trained longest.
    """

    def __init__(self, folder: Path, monitor: Monitor) -> None:
        self.folder = folder
        self.metric = f"val/{monitor.metric}"
        self.sign = 1.0 if monitor.mode == "min" else -1.0
        self.best = math.inf

    @property
    def best_value(self) -> float:
        """The best value of the monitor so far."""
        return self.sign * self.best

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if trainer.sanity_checking or trainer.state.fn != "fit":
            return
        value = self.sign * float(trainer.callback_metrics[self.metric])
        better = value <= self.best or not (self.folder / BEST).exists()
        self.best = min(value, self.best)
        if better:
            trainer.save_checkpoint(self.folder / BEST, weights_only=False)
        trainer.save_checkpoint(self.folder / LAST, weights_only=False)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best = state_dict["best"]
