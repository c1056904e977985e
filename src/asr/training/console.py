"""What a person sees while a run goes on: a line for each validation, and what it heard."""

import logging
import time

import lightning as L
from lightning.pytorch.callbacks import Callback

from asr.text.printable import printable
from asr.training.module import SpeechModule

log = logging.getLogger("asr")


class Console(Callback):
    """Reports each validation in one line, with samples of what was recognised.

    Args:
        samples: how many references and hypotheses to show.
    """

    def __init__(self, samples: int = 3) -> None:
        self.samples = samples
        self._started = time.monotonic()

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._started = time.monotonic()

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if trainer.sanity_checking or not trainer.is_global_zero:
            return
        metrics = ", ".join(
            f"{name} {float(value):.4f}"
            for name, value in sorted(trainer.callback_metrics.items())
            if name.startswith(("train/loss", "val/"))
        )
        seconds = time.monotonic() - self._started
        log.info(
            "epoch %d, step %d, %.0f s: %s",
            trainer.current_epoch + 1, trainer.global_step, seconds, metrics,
        )  # fmt: skip
        if isinstance(pl_module, SpeechModule):
            shown = sorted(pl_module.predictions, key=lambda prediction: prediction.row)
            for prediction in shown[: self.samples]:
                log.info("    said   %s", printable(prediction.reference))
                log.info("    heard  %s", printable(prediction.hypothesis))
