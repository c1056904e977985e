"""Watches how a run learns, and says why where it does not."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, cast

import lightning as L
import torch
import torch.distributed
from lightning.pytorch.callbacks import Callback
from torch import Tensor
from torch.optim import Optimizer

from asr.data.batch import Batch
from asr.padded import Padded
from asr.tasks.observation import Observation
from asr.training.data import SpeechData
from asr.training.diagnosis import Limits, Plateau, Signs, causes, plateau, sentence
from asr.training.highest import Doubtful, Highest
from asr.training.module import SpeechModule
from asr.training.silence import Silence
from asr.training.text_facts import TextFacts, text_facts
from asr.training.training_record import TrainingRecord
from asr.training.update_ratios import UpdateRatios

log = logging.getLogger("asr")


class Doctor(Callback):
    """Looks at the steps that are logged and at every validation; docs/doctor.md tells at what.

    In training it sees this process's batches, in validation those of all.

    Args:
        worst: how many of the utterances with the highest losses are kept.
        patience: share of the planned steps after which a run in a plateau is stuck.
        patience_steps: or after so many steps, whichever is earlier.
        least_steps: before which no run is judged.
        limits: those that differ from :class:`~asr.training.diagnosis.Limits`.

    Raises:
        ValueError: a number is out of range, or a limit has no such name.
    """

    def __init__(
        self,
        *,
        worst: int = 20,
        patience: float = 0.3,
        patience_steps: int = 5000,
        least_steps: int = 100,
        limits: Mapping[str, float] | None = None,
    ) -> None:
        if worst < 1 or patience_steps < 1 or least_steps < 0 or not 0 <= patience <= 1:
            raise ValueError(
                "need worst and patience_steps of 1 or more, least_steps of 0 or more, patience of "
                f"0 to 1, got {worst}, {patience_steps}, {least_steps} and {patience:g}"
            )
        self.patience, self.patience_steps, self.least_steps = patience, patience_steps, least_steps
        self.limits = Limits.of(limits or {})
        self.worst = worst
        self.ratios, self.record = UpdateRatios(), TrainingRecord(worst)
        self.silence = Silence(self.limits.silent)
        self.alarms: list[dict[str, Any]] = []
        self.signs: Signs | None = None  # at the last validation
        self.plateau: Plateau | None = None
        self.heard = Highest(worst)  # of the last validation
        self._texts = TextFacts(math.nan, 0.0, 0.0, False)
        self._looked: list[tuple[Tensor, Tensor, int]] = []  # what a step's batches showed
        self._stepping = self._over = False
        self._counts, self._losses = list[Tensor](), list[Tensor]()  # of validation
        self._began: float | None = None

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        module = cast(SpeechModule, pl_module)

        def watch(logits: Padded, losses: Tensor, batch: Batch) -> None:
            if trainer.validating:
                self._counts.append(module.task.observe(logits, batch).packed())
                self._losses.append(losses)
                self.heard.add(losses.tolist(), batch.ids, batch.references)
                return
            self.record.add(losses, batch)
            if self._looks(trainer):
                counts = module.task.observe(logits, batch).packed()
                self._looked.append((counts, batch.waveforms.lengths.sum(), len(batch.ids)))

        module.watch = watch
        if trainer.is_global_zero:
            data = cast(SpeechData, trainer.datamodule)  # type: ignore[attr-defined]
            self._texts = text_facts(data, module.task, self.limits.rare_below)

    def on_fit_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        cast(SpeechModule, pl_module).watch = None
        self._over = True

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        # Of a run that goes on, nobody knows how long it took before.
        self._began = None if trainer.global_step else time.monotonic()
        self.ratios.start(cast(SpeechModule, pl_module).model)

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.record.begin(trainer.current_epoch)

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if batch_idx % trainer.accumulate_grad_batches == 0:
            self._looked, self._stepping = [], False

    def on_before_optimizer_step(
        self, trainer: L.Trainer, pl_module: L.LightningModule, optimizer: Optimizer
    ) -> None:
        if self._looks(trainer):
            self._stepping = True
            self.ratios.begin()

    def on_train_batch_end(
        self,
        trainer: L.Trainer,
        pl_module: L.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        if not self._stepping:
            return
        self._stepping = False
        self.record.settle()
        module = cast(SpeechModule, pl_module)
        figures = dict(
            zip(
                ("update_ratio_least", "update_ratio_median", "update_ratio_most"),
                self.ratios.end(trainer.global_step),
                strict=False,  # there are none where the step was left out
            )
        )
        if self._looked:
            figures |= self._speech(trainer, module)
        # Through Lightning's own log each value would take a third of a millisecond.
        named = {f"doctor/{name}": float(value) for name, value in figures.items()}
        for logger in trainer.loggers if named else ():
            logger.log_metrics(named, step=trainer.global_step - 1)

    def on_validation_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._counts, self._losses, self.heard = [], [], Highest(self.worst)

    def on_validation_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if not trainer.validating or trainer.state.fn != "fit":
            return
        module = cast(SpeechModule, pl_module)
        counts = torch.zeros(2 * len(module.task.vocabulary) + 4, device=module.device).long()
        losses = torch.zeros(2, device=module.device)
        for some, each in zip(self._counts, self._losses, strict=True):
            counts += some
            losses[0] += each.float().sum()
            losses[1] += len(each)
        counts = cast(Tensor, trainer.strategy.reduce(counts, reduce_op="sum"))
        losses = cast(Tensor, trainer.strategy.reduce(losses, reduce_op="sum"))
        said = {item.id: item.hypothesis for item in module.predictions}
        rows = [row._replace(hypothesis=said.get(row.id)) for row in self.heard.rows]
        self.heard = Highest(self.worst, everyone(rows), self.heard.seen)
        total, utterances = losses.tolist()
        self.signs = signs = self._read(
            module, Observation.unpacked(counts.cpu()), total, utterances
        )
        for name in ("loss", "blank_share", "said"):
            if (value := getattr(signs, name)) is not None:
                module.log(f"doctor/val_{name}", value, batch_size=1)

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if self.signs is None or trainer.state.fn != "fit":
            return
        self.plateau = plateau(self.signs, self.limits)
        steps = min(self.patience * trainer.estimated_stepping_batches, self.patience_steps)
        if self.plateau and trainer.global_step >= max(steps, self.least_steps):
            self._alarm(trainer, self.signs, self.plateau)

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.record.share(everyone)

    def state_dict(self) -> dict[str, Any]:
        self.record.share(everyone)
        return {
            "ratios": self.ratios.state(),
            "record": self.record.state(),
            "silence": self.silence.state(),
            "alarms": self.alarms,
            "signs": None if self.signs is None else asdict(self.signs),
            "plateau": self.plateau,
            "heard": [self.heard.seen, [list(row) for row in self.heard.rows]],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        if self._over:  # of the best weights, which are loaded to be tested
            return
        self.ratios.restore(state_dict["ratios"])
        self.record.restore(state_dict["record"])
        self.silence.restore(state_dict["silence"])
        self.alarms = [dict(alarm) for alarm in state_dict["alarms"]]
        self.signs = None if state_dict["signs"] is None else Signs(**state_dict["signs"])
        self.plateau = state_dict["plateau"]
        seen, rows = state_dict["heard"]
        self.heard = Highest(self.worst, rows, seen)

    def summary(self) -> dict[str, Any]:
        """What was seen and what follows from it, for ``summary.json``."""
        epoch, highest = self.record.fullest()
        return {
            "plateau": self.plateau,
            "alarms": self.alarms,
            "last_validation": None if self.signs is None else asdict(self.signs),
            "silence": {**self.silence.summary(), "seconds": self.silence.seconds},
            "update_ratios": self.ratios.table(),
            "highest_loss": {
                "train": {"epoch": epoch + 1, "utterances": _plain(highest)},
                "val": {"utterances": _plain(self.heard)},
            },
        }

    def _looks(self, trainer: L.Trainer) -> bool:
        """Whether the step of the optimiser that is being made is one that is logged."""
        return (trainer.global_step + 1) % trainer.log_every_n_steps == 0  # type: ignore[attr-defined]

    def _speech(self, trainer: L.Trainer, module: SpeechModule) -> dict[str, float]:
        """What the batches of this step were answered with."""
        counts, samples, utterances = zip(*self._looked, strict=True)
        seen = Observation.unpacked(torch.stack(counts).sum(0).cpu())
        self.record.look(seen, sum(utterances))
        if None not in module.task.classes:
            return {}
        seconds = max(float(sum(samples)) / module.model.sample_rate, 1e-9)
        said, wanted = int(seen.said.sum()), int(seen.wanted.sum())
        passed = self._began and time.monotonic() - self._began
        self.silence.see(said / max(wanted, 1), trainer.global_step, trainer.current_epoch, passed)
        return {
            "blank_share": int(seen.silent) / max(int(seen.frames), 1),
            "tokens_per_second": said / seconds,
            "labels_per_second": wanted / seconds,
        }

    def _read(
        self, module: SpeechModule, seen: Observation, total: float, utterances: float
    ) -> Signs:
        said, wanted = int(seen.said.sum()), int(seen.wanted.sum())
        frames, left = int(seen.frames), self._texts.infeasible
        return Signs(
            loss=total / max(utterances - int(seen.infeasible), 1),
            train_loss=self.record.loss(),
            guess=self._texts.guess,
            blank_share=int(seen.silent) / frames if frames else None,
            said=said / max(wanted, 1),
            said_most=int(seen.said.max()) / max(said, 1),
            wanted_most=int(seen.wanted[seen.said.argmax()]) / max(wanted, 1),
            room=self.record.room,
            cut_short=int(seen.infeasible) / max(utterances, 1),
            infeasible=left + (1 - left) * self.record.infeasible,
            rare=self._texts.rare,
            symbols=len(module.task.vocabulary),
            highest=self.ratios.highest,
            path=self.ratios.path,
            grown=self.ratios.grown,
            hop_ms=module.model.hop_ms,
            reweighted=self._texts.reweighted,
        )

    def _alarm(self, trainer: L.Trainer, signs: Signs, where: Plateau) -> None:
        raised = {alarm["cause"] for alarm in self.alarms}
        for cause in causes(signs, self.limits, where):
            if cause.name in raised:
                continue
            told = sentence(signs, where, cause)
            self.alarms.append({
                "step": trainer.global_step, "epoch": trainer.current_epoch + 1,
                "plateau": where, "cause": cause.name, "told": told,
            })  # fmt: skip
            if trainer.is_global_zero:
                log.warning("doctor: step %d: %s", trainer.global_step, told)


def everyone(rows: Sequence[Doubtful]) -> list[Doubtful]:
    """The rows of all processes of the run."""
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return list(rows)
    shares: list[Any] = [None] * torch.distributed.get_world_size()
    torch.distributed.all_gather_object(shares, [tuple(row) for row in rows])
    return [Doubtful(*row) for share in shares for row in share]


def _plain(highest: Highest) -> list[dict[str, Any]]:
    return [row.plain() for row in highest.rows]
