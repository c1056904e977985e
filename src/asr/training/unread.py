"""Stops a run when more of its audio cannot be decoded than it may leave out."""

from pathlib import Path
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import Callback

from asr.training.data import SpeechData
from asr.training.module import SpeechModule
from asr.training.run_folder import SKIPPED


class RefuseUnread(Callback):
    """Looks, after each epoch, at what could not be decoded until then, and writes it down.

    Before the checkpoints of a validation, which want a score: with nothing decoded there is none.
    """

    def on_validation_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._refuse(trainer, pl_module)

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._refuse(trainer, pl_module)

    def on_test_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._refuse(trainer, pl_module)

    def _refuse(self, trainer: Any, module: L.LightningModule) -> None:
        data = trainer.datamodule
        if not isinstance(module, SpeechModule) or not isinstance(data, SpeechData):
            return
        if module.unread:
            if trainer.is_global_zero:
                data.write_skipped(Path(trainer.default_root_dir) / SKIPPED, module.unread)
            data.refuse_unread(module.unread)
