"""Statistics of batch normalisation that stay as they are for the last part of a run."""

from typing import Any, cast

import lightning as L
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.utilities.types import STEP_OUTPUT

from asr.training.module import SpeechModule

_EPOCHS = 2  # before `begin`, in which statistics become nearly those of an epoch


class HeldStatistics(Callback):
    """From ``begin`` on, training normalises as recognition does: by statistics that are fixed.

    A batch of utterances that last equally long is not like the corpus: one of single words has
    a mean and a variance that recognition never meets, and weights that fit them fit no word that
    comes alone. So the weights are trained to the end with running statistics that change no
    more (Wu and Johnson, 2021, https://arxiv.org/abs/2105.07576). In the two epochs before, these
    average over about an epoch, or over less where there are not four before; an average of the
    weights reaches them as it does the weights.

    Args:
        begin: share of the steps of the run, above 0 and below 1.

    Raises:
        ValueError: ``begin`` is out of range.
    """

    def __init__(self, begin: float = 0.75) -> None:
        if not 0 < begin < 1:
            raise ValueError(f"begin must be above 0 and below 1, got {begin:g}")
        self.begin = begin

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._first = max(int(self.begin * trainer.estimated_stepping_batches), 1)
        together = trainer.accumulate_grad_batches
        # In a short run, the first half is left to the usual average, which forgets its beginning.
        most = self._first * together // (2 * _EPOCHS)
        self._batches = max(min(int(trainer.num_training_batches), most), 1)
        self._slow = max(self._first - _EPOCHS * -(-self._batches // together), 0)
        self._set(trainer.global_step, pl_module)

    def on_train_batch_end(
        self,
        trainer: L.Trainer,
        pl_module: L.LightningModule,
        outputs: STEP_OUTPUT,
        batch: Any,
        batch_idx: int,
    ) -> None:
        if trainer.global_step in (self._slow, self._first):
            self._set(trainer.global_step, pl_module)

    def _set(self, step: int, pl_module: L.LightningModule) -> None:
        """Have the layers do what they do after ``step``."""
        module = cast(SpeechModule, pl_module)
        if step >= self._first:
            module.average_statistics()
            module.hold_statistics()
        elif step >= self._slow:
            module.slow_statistics(1 / self._batches)
