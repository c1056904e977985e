"""Saving between validations: because a signal asks for it, or every so many steps."""

import logging
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback

from asr.training.checkpoint import LAST

log = logging.getLogger("asr")
_STOP = ("SIGTERM", "SIGINT", "SIGHUP")  # SIGHUP is not everywhere


class Interruption(Callback):
    """Saves ``last.ckpt`` at the optimiser step after a signal, and every ``every`` steps.

    SIGTERM, SIGINT and SIGHUP end the run then, with 128 and the signal's number; SIGUSR1 saves
    and goes on, unless SLURM's requeueing has it. A signal that is ignored stays ignored. At the
    last step of an epoch what is saved is the state after its validation. A second SIGINT ends
    the run at once. It must be the last callback, so that it saves what the others have done.

    Args:
        folder: of the run.
        every: optimiser steps; ``None`` to save at validations and signals only.
    """

    def __init__(self, folder: Path, every: int | None = None) -> None:
        self.folder = folder
        self.every = every
        self.asked = 0
        self.training = False
        self.leaving = 0

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.training = True
        self._listen()

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        # Only here is the log of the step that was saved complete.
        self._leave(trainer)

    def on_train_batch_end(
        self,
        trainer: L.Trainer,
        pl_module: L.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        done = batch_idx + 1
        if done % trainer.accumulate_grad_batches or done == trainer.num_training_batches:
            return  # gradients would be lost, or the validation of the epoch
        asked = self._agreed(trainer)
        if asked or (self.every and trainer.global_step % self.every == 0):
            trainer.save_checkpoint(self.folder / LAST, weights_only=False)
            self._saved(trainer, asked)

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if trainer.state.fn == "fit" and not trainer.sanity_checking:
            self._saved(trainer, self._agreed(trainer))

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._leave(trainer)

    def on_test_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.training = False
        self._listen()

    def on_save_checkpoint(
        self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        # Lightning counts one epoch begun too few after going on from the end of one, and
        # would then take a checkpoint from within an epoch for one from its beginning.
        epochs = checkpoint["loops"]["fit_loop"]["epoch_progress"]
        for count in (epochs["current"], epochs["total"]):
            begun = count["processed"] + 1
            if count["started"] < begun or count["ready"] < begun:
                count["ready"] = count["started"] = begun

    def _listen(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return  # only the main thread may
        for name in _STOP:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._receive)
        save = getattr(signal, "SIGUSR1", None)
        if save is not None and signal.getsignal(save) is signal.SIG_DFL:
            signal.signal(save, self._receive)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        stops = signal.Signals(number).name in _STOP
        if stops and (not self.training or (number == signal.SIGINT and self.asked == number)):
            raise SystemExit(128 + number)
        if stops or not self.asked:
            self.asked = number

    def _agreed(self, trainer: L.Trainer) -> int:
        """The signal that any process of the run received."""
        if trainer.world_size == 1:
            return self.asked
        asked = torch.tensor(self.asked, device=trainer.strategy.root_device)
        return int(trainer.strategy.reduce(asked, reduce_op="max"))

    def _saved(self, trainer: L.Trainer, asked: int) -> None:
        if not asked:
            return
        name = signal.Signals(asked).name
        step, path = trainer.global_step, self.folder / LAST
        if name in _STOP:
            self.leaving = asked
            log.info("%s: saved %s at step %d; go on by: python train.py resume=%s",
                     name, path, step, self.folder)  # fmt: skip
        else:
            self.asked = 0
            log.info("%s: saved %s at step %d; training goes on", name, path, step)

    def _leave(self, trainer: L.Trainer) -> None:
        if self.leaving:
            raise SystemExit(128 + self.leaving)
