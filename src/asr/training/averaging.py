"""Weights that are averaged as they are trained, and take the place of those in validation."""

from collections.abc import Callable
from itertools import chain
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import WeightAveraging
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities.types import STEP_OUTPUT
from torch import Tensor, nn


class Averaging(WeightAveraging):
    """Lightning's, but a checkpoint that is loaded to be tested is tested as it is: averaged.

    Lightning's would put back the weights that training was to go on with, whenever the callback
    has been through a fit before. And it could not save within a validation, nor after training.

    Args:
        weight: of the newest weights in the average, from the number of updates before and the
            number that the run will have.
    """

    def __init__(self, weight: Callable[[float, int], float]) -> None:
        super().__init__(use_buffers=True, multi_avg_fn=self._update)
        self.weight = weight
        self._steps = 0  # of the run

    _swapped = False  # the module has the average, and the other way round
    _pair: tuple[list[Tensor], list[Tensor]] | None = None  # of the average, and of the module

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._steps = int(trainer.estimated_stepping_batches)

    def on_train_batch_end(
        self,
        trainer: L.Trainer,
        pl_module: L.LightningModule,
        outputs: STEP_OUTPUT,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Update the average after each step of the optimiser.

        PyTorch gathers all tensors of both models anew each time, which takes longer than to
        average them.
        """
        average = self._average_model
        if average is None or trainer.global_step <= self._latest_update_step:
            return
        if self._pair is None:
            average.update_parameters(pl_module)  # which copies the first time
            self._pair = _tensors(average.module), _tensors(pl_module)
        else:
            self._update(*self._pair, average.n_averaged)
            average.n_averaged += 1
        self._latest_update_step = trainer.global_step

    @torch.no_grad()
    def _update(self, average: list[Tensor], current: list[Tensor], count: Tensor | int) -> None:
        torch._foreach_lerp_(average, current, self.weight(float(count), self._steps))

    def _swap_models(self, pl_module: L.LightningModule) -> None:
        super()._swap_models(pl_module)
        self._swapped = not self._swapped

    def on_save_checkpoint(
        self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        if self._swapped:  # the run is about to stop, so the validation needs the average no more
            self._swap_models(pl_module)
        super().on_save_checkpoint(trainer, pl_module, checkpoint)

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Keep the weights that training would go on with; what is tested is loaded."""

    def on_validation_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if self._swapped:
            super().on_validation_epoch_end(trainer, pl_module)

    def on_load_checkpoint(
        self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        if trainer.state.fn == TrainerFn.FITTING:
            super().on_load_checkpoint(trainer, pl_module, checkpoint)


def _tensors(module: nn.Module) -> list[Tensor]:
    return [tensor.detach() for tensor in chain(module.parameters(), module.buffers())]
