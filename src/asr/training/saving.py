"""When a run saves: at validations, every so many steps, and when a signal asks it to stop."""

import logging
import math
import shlex
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.pytorch.callbacks import Callback, EarlyStopping
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason
from lightning.pytorch.strategies import DDPStrategy
from lightning.pytorch.strategies.launchers.subprocess_script import _SubprocessScriptLauncher

from asr.tasks.task import Monitor
from asr.training.checkpoint import BEST, LAST, refuse_too_little_space
from asr.training.position import Position, begin, end, position, settle
from asr.training.signals import Signals, end_with_parent, in_slurm, requeue

log = logging.getLogger("asr")

POSITION, RECIPE = "asr_position", "asr_recipe"  # keys of a checkpoint


class Checkpoints(Callback):
    """Keeps ``last.ckpt`` and, by the task's monitor, ``best.ckpt``.

    It must come after the callbacks whose state it saves. A signal is followed between two steps
    of the optimiser, or within a validation, which is then done again.

    Args:
        monitor: a metric of validation; of equal values the latest is kept, which has been
            trained longest.
        every_steps: of the optimiser, beside the saves at validations and signals.
    """

    def __init__(self, folder: Path, monitor: Monitor, every_steps: int | None = None) -> None:
        self.folder = folder
        self.metric = f"val/{monitor.metric}"
        self.sign = 1.0 if monitor.mode == "min" else -1.0
        self.best = math.inf
        self.every_steps = every_steps
        self.recipe: Mapping[str, Any] = {}
        self.anew = False  # where the batches of the epoch are others than they were
        self.begun = False  # whether training has, so that what failed was no restoring
        self.signals = Signals()
        self._place: Position | None = None
        self._saved_step = -1
        self._has_best = False

    @property
    def best_value(self) -> float:
        """The best value of the monitor so far."""
        return self.sign * self.best

    def setup(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: str) -> None:
        self.signals.listen(lambda: _end_children(trainer))
        if stage == "fit" and _is_child(trainer):
            end_with_parent()  # which it could else wait for until a time-out

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        # A run that early stopping has ended does not go on when it is resumed.
        trainer.should_stop |= any(
            callback.stopping_reason is not EarlyStoppingReason.NOT_STOPPED
            for callback in trainer.callbacks  # type: ignore[attr-defined]
            if isinstance(callback, EarlyStopping)
        )

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if trainer.is_global_zero:
            refuse_too_little_space(self.folder, _size(trainer))
        begin(trainer)
        self.begun = True
        self._saved_step = trainer.global_step
        # Asked now: later, one process could see what another has just written.
        self._has_best = (self.folder / BEST).exists()
        self.signals.waiting = True

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        # Not after the batch before: its metrics are logged only later, and would be lost.
        if batch_idx % trainer.accumulate_grad_batches == 0:  # else gradients would be lost
            self._save_if_due(trainer, position(trainer))

    def on_validation_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if _trains(trainer) and _steps_are_whole(trainer):
            self._save_if_due(trainer, position(trainer, validating=True))

    def on_validation_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, *_: Any, **__: Any
    ) -> None:
        # Several processes have different numbers of these batches, so they cannot agree here.
        alone = trainer.world_size == 1 and self.signals.asked
        if alone and _trains(trainer) and _steps_are_whole(trainer):
            self._save_if_due(trainer, position(trainer, validating=True))

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if not _trains(trainer):
            return
        value = self.sign * float(trainer.callback_metrics[self.metric])
        better = value <= self.best or not self._has_best
        self.best = value if value <= self.best else self.best  # never NaN
        whole = _steps_are_whole(trainer)
        if better:
            self._save(trainer, BEST, position(trainer) if whole else None)
        if whole:
            self._save(trainer, LAST, position(trainer))

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        place = end(trainer)
        if self._saved_step != trainer.global_step:
            self._save(trainer, LAST, place)
        if not self._has_best:
            self._save(trainer, BEST, place)
        trainer.fit_loop.epoch_progress.current.completed = place.epoch  # of whole ones
        asked = self._agreed(trainer)
        if asked:
            self._leave(trainer, asked)
        self.signals.waiting = False

    def teardown(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: str) -> None:
        self.signals.forget()

    def on_exception(
        self, trainer: L.Trainer, pl_module: L.LightningModule, exception: BaseException
    ) -> None:
        if not isinstance(exception, SystemExit):
            _end_children(trainer)  # which would wait for this process
        self.signals.forget()

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best = state_dict["best"]

    def on_save_checkpoint(
        self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        if self._place is None:
            return
        settle(trainer, checkpoint["loops"]["fit_loop"], self._place)
        checkpoint[POSITION] = self._place._asdict()
        checkpoint[RECIPE] = dict(self.recipe)

    def on_load_checkpoint(
        self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        if self.anew:
            place = Position(checkpoint[POSITION]["epoch"], 0)
            settle(trainer, checkpoint["loops"]["fit_loop"], place)

    def _save_if_due(self, trainer: L.Trainer, place: Position) -> None:
        step = trainer.global_step
        due = self.every_steps and step % self.every_steps == 0 and step != self._saved_step
        asked = self._agreed(trainer)
        if due or asked:
            self._save(trainer, LAST, place)
        if asked:
            self._leave(trainer, asked)

    def _save(self, trainer: L.Trainer, name: str, place: Position | None) -> None:
        self._place = place  # without one, no run goes on from there
        trainer.save_checkpoint(self.folder / name, weights_only=False)
        self._place = None
        if name == LAST:
            self._saved_step = trainer.global_step
        else:
            self._has_best = True

    def _agreed(self, trainer: L.Trainer) -> int:
        """The signal that any process of the run received."""
        if trainer.world_size == 1:
            return self.signals.asked
        asked = torch.tensor(self.signals.asked, device=trainer.strategy.root_device)
        return int(trainer.strategy.reduce(asked, reduce_op="max"))

    def _leave(self, trainer: L.Trainer, asked: int) -> None:
        name = signal.Signals(asked).name
        log.info(
            "%s: saved %s at step %d; go on by: python train.py resume=%s",
            name, self.folder / LAST, trainer.global_step, shlex.quote(str(self.folder)),
        )  # fmt: skip
        if name == "SIGUSR1" and in_slurm() and trainer.is_global_zero:
            log.info(requeue())
        # Lightning would take a child's status for a crash, and kill the first process.
        raise SystemExit(0 if _is_child(trainer) else 128 + asked)


def _trains(trainer: L.Trainer) -> bool:
    return trainer.state.fn == "fit" and not trainer.sanity_checking


def _steps_are_whole(trainer: L.Trainer) -> bool:
    """Whether no gradients wait for more batches."""
    batches: Any = trainer.fit_loop.epoch_loop.batch_progress.current
    done = int(batches.processed)
    return done % trainer.accumulate_grad_batches == 0 or done == trainer.num_training_batches


def _size(trainer: L.Trainer) -> int:
    """Bytes of a checkpoint, about: weights, their average, and two numbers for each to train."""
    tensors = trainer.lightning_module.state_dict().values()
    trained = [p for group in trainer.optimizers[0].param_groups for p in group["params"]]
    return 2 * sum(t.nbytes for t in tensors) + 2 * sum(p.nbytes for p in trained)


def _is_child(trainer: L.Trainer) -> bool:
    """Whether Lightning, not a launcher, started this process beside the first."""
    strategy = trainer.strategy
    return (
        isinstance(strategy, DDPStrategy)
        and isinstance(strategy.cluster_environment, LightningEnvironment)
        and strategy.local_rank > 0
    )


def _end_children(trainer: L.Trainer) -> None:
    """End the processes that Lightning started, which else wait for this one for long."""
    launcher = trainer.strategy.launcher
    if isinstance(launcher, _SubprocessScriptLauncher):
        launcher.kill(signal.SIGKILL)
        launcher.procs.clear()  # or Lightning would see them dead, and kill this process for it
