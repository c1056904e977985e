"""The Lightning side of training: it wires parts together and knows nothing of speech."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import cached_property, partial
from typing import Any, NamedTuple

import lightning as L
import torch
import torch.distributed
from torch import Tensor, nn
from torch.nn.utils import clip_grads_with_norm_, get_total_norm
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from torchmetrics import MetricCollection

from asr.assemble import Recognizer
from asr.bundle import KEY, description
from asr.data.batch import Batch, Unread
from asr.errors import InputError
from asr.keyed import key
from asr.models.intermediate import IntermediateHeads
from asr.padded import Padded
from asr.training.nonfinite import FiniteSteps
from asr.training.parameter_groups import FACTOR, parameter_groups

# Sees of every batch, in training and validation, logits and the loss of each utterance.
Watch = Callable[[Padded, Tensor, Batch], None]
_SHARES = "asr_shares"  # key of a checkpoint: the buffers of every process


class Prediction(NamedTuple):
    """What was recognised in one utterance.

    Attributes:
        row: position of the utterance in its split.
        id: of the utterance.
        reference: what should have been recognised.
        hypothesis: what was.
    """

    row: int
    id: str
    reference: str
    hypothesis: str


class SpeechModule(L.LightningModule):
    """Trains a recogniser.

    Args:
        recognizer: the network and its task.
        optimizer: builds the optimiser from parameter groups.
        schedule: builds the learning-rate schedule from an optimiser and the steps of the run;
            it is stepped once per optimiser step.
        seed: of all that is random in a step.
        facts: of the data, to be kept in checkpoints.
        still: names of the layers of the network that stay in evaluation mode.
        factors: of the learning rate, by the name of the parameter; 1 where there is none.
        guard: leaves out the steps that are not finite; it must be a callback of the trainer, too.
        intermediate: heads between blocks that the task asked for.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        optimizer: Callable[..., Optimizer],
        schedule: Callable[..., LRScheduler],
        seed: int = 0,
        facts: Mapping[str, Any] | None = None,
        *,
        still: Set[str] = frozenset(),
        factors: Mapping[str, float] | None = None,
        guard: FiniteSteps,
        intermediate: IntermediateHeads | None = None,
    ) -> None:
        super().__init__()
        self.recognizer = recognizer
        self.facts = facts or {}
        self.model = recognizer.model
        self.task = recognizer.task
        self.optimizer = optimizer
        self.schedule = schedule
        self.seed = seed
        self.val_metrics = self.task.make_metrics().clone(prefix="val/")
        self.test_metrics = self.task.make_metrics().clone(prefix="test/")
        self.predictions: list[Prediction] = []
        self.unread: dict[str, str] = {}
        self.still = self._frozen = still
        self.factors = factors or {}
        self.guard = guard
        self.intermediate = intermediate
        self.watch: Watch | None = None
        self.train()

    def train(self, mode: bool = True) -> SpeechModule:
        """Set training mode, but for the layers that are to be left as they are."""
        super().train(mode)
        for name in self.still:
            self.model.get_submodule(name).training = False
        return self

    # Looking for them among all layers would take a hundredth of each step.
    @cached_property
    def _weights(self) -> list[nn.Parameter]:
        return list(self.parameters())

    @cached_property
    def _statistics(self) -> list[Tensor]:
        return [statistic for _, statistic in running_statistics(self.model, self.still)]

    def slow_statistics(self, momentum: float) -> None:
        """Give the newest batch at most this weight in the running statistics."""
        for name in {name for name, _ in running_statistics(self.model, self.still)}:
            layer: Any = self.model.get_submodule(name)
            layer.momentum = min(layer.momentum, momentum)

    def hold_statistics(self) -> None:
        """Leave layers with running statistics in evaluation mode from now on."""
        self.still = self._frozen | {
            name for name, _ in running_statistics(self.model, self._frozen)
        }
        self.__dict__.pop("_statistics", None)
        self.train(self.training)

    @torch.no_grad()
    def average_statistics(self) -> None:
        """Give every process the mean of all running statistics; where all agree, to the bit."""
        if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
            return
        for _, statistic in running_statistics(self.model, self._frozen):
            mean = statistic.double()
            torch.distributed.all_reduce(mean)
            statistic.copy_(mean / torch.distributed.get_world_size())

    def transfer_batch_to_device(
        self, batch: Any, device: torch.device, dataloader_idx: int
    ) -> Any:
        """The batch on ``device``; where it is there already, nothing is looked through."""
        if device.type == "cpu":
            return batch
        return super().transfer_batch_to_device(batch, device, dataloader_idx)

    def configure_optimizers(self) -> Any:
        weights = list(self.model.named_parameters())
        if self.intermediate is not None:
            weights += self.intermediate.named_parameters("intermediate")
        build = self.optimizer
        if self.trainer.precision == "16-mixed" and getattr(build, "keywords", {}).get("fused"):
            # Fused, gradients would be unscaled too late to be clipped.
            build = partial(build, fused=False)
        optimizer = build(parameter_groups(weights, self.optimizer, self.factors))
        steps = int(self.trainer.estimated_stepping_batches)
        if steps < 1:
            raise InputError(
                "trainer: nothing would be trained; look at max_epochs, max_steps and lightning"
            )
        schedule = {"scheduler": self.schedule(optimizer, steps=steps), "interval": "step"}
        return {"optimizer": optimizer, "lr_scheduler": schedule}

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        norm = get_total_norm([p.grad for p in self._weights if p.grad is not None])
        self.guard.admit(norm, optimizer, self.trainer, self)
        if self.trainer.precision == "16-mixed" or gradient_clip_algorithm not in (None, "norm"):
            self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)
        elif gradient_clip_val is not None:
            # Lightning refuses fused optimisers here, for fear of the scaling that only fp16 has.
            clip_grads_with_norm_(self._weights, gradient_clip_val, norm)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint[KEY] = description(self.recognizer, self.facts)
        if self.trainer.world_size > 1:
            checkpoint[_SHARES] = _gathered(self, checkpoint)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        # Running statistics are each process's own; that of a process more than there were is
        # the first one's.
        shares = checkpoint.get(_SHARES, [])
        if self.trainer.state.fn == "fit" and self.global_rank < len(shares):
            for part, buffers in shares[self.global_rank].items():
                checkpoint[part] = {**checkpoint[part], **buffers}

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        # Dropout is then a function of seed and step: there is no state to lose or to disturb.
        step = self.trainer.fit_loop.epoch_loop.total_batch_idx
        seed = key(self.seed, "step", step, self.global_rank)
        if self.device.type == "cpu":
            torch.default_generator.manual_seed(seed)  # for devices not in use it takes far longer
        else:
            torch.manual_seed(seed)
        if batch_idx % self.trainer.accumulate_grad_batches == 0:
            self.guard.begin(self._statistics)

    def training_step(self, batch: Batch | tuple[Unread, ...], batch_idx: int) -> Tensor | None:
        if not isinstance(batch, Batch):
            self.unread.update(batch)
            return self._nothing()
        self.unread.update(batch.unread)
        shown = self.task.prepare(batch)
        given = shown.waveforms, shown.keys, self.task.views
        if self.intermediate is None:
            loss = self._loss(self.model(*given), shown)
        else:
            logits, between = self.intermediate(self.model, *given)
            loss = self._loss(logits, shown, between)
        if self._logs:
            # From the host, for the progress bar reads it anew at each step.
            told = loss.detach().cpu()
            self.log("train/loss", told, batch_size=len(batch.ids), prog_bar=True)
            group = self.trainer.optimizers[0].param_groups[0]
            self.log("train/lr", group["lr"] / group.get(FACTOR, 1.0), batch_size=len(batch.ids))
        return self.guard.mark(loss, batch)

    @property
    def _logs(self) -> bool:
        """Whether what is logged now goes anywhere: Lightning finds out after the work is done."""
        every: int = self.trainer.log_every_n_steps  # type: ignore[attr-defined]
        return (self.trainer.global_step + 1) % every == 0

    def _loss(self, logits: Padded, batch: Batch, intermediate: Sequence[Padded] = ()) -> Tensor:
        if self.watch is None:
            return self.task.loss(logits, batch, intermediate)
        losses = self.task.losses(logits, batch)
        self.watch(logits, losses.detach(), batch)
        return self.task.loss(logits, batch, intermediate, losses)

    def _nothing(self) -> Tensor | None:
        if self.trainer.world_size == 1:
            return None
        # The other processes have gradients to share with this one.
        return 0 * torch.stack([p.sum() for p in self.parameters() if p.requires_grad]).sum()

    def on_validation_epoch_start(self) -> None:
        self.predictions.clear()
        self.average_statistics()  # so that all score one model

    def validation_step(self, batch: Batch | tuple[Unread, ...], batch_idx: int) -> None:
        self._evaluate(batch, "val", self.val_metrics)

    def on_test_epoch_start(self) -> None:
        self.predictions.clear()

    def test_step(self, batch: Batch | tuple[Unread, ...], batch_idx: int) -> None:
        # What is reported is computed in full precision, so that any later evaluation agrees.
        with torch.autocast(self.device.type, enabled=False):
            self._evaluate(batch, "test", self.test_metrics)

    def on_test_epoch_end(self) -> None:
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            shares: list[Any] = [None] * self.trainer.world_size
            torch.distributed.all_gather_object(shares, (self.predictions, self.unread))
            self.predictions = [Prediction(*item) for share, _ in shares for item in share]
            self.unread = {name: why for _, unread in shares for name, why in unread.items()}
        self.predictions.sort()

    def _evaluate(
        self, batch: Batch | tuple[Unread, ...], stage: str, metrics: MetricCollection
    ) -> None:
        if not isinstance(batch, Batch):
            self.unread.update(batch)
            return
        self.unread.update(batch.unread)
        logits = self.model(batch.waveforms)
        hypotheses = self.task.predict(logits)
        metrics.update(hypotheses, batch.references)
        size = len(batch.ids)
        self.log(f"{stage}/loss", self._loss(logits, batch), batch_size=size, sync_dist=True)
        # The object, not its value: Lightning computes it over all batches and processes.
        self.log_dict(metrics, batch_size=size, prog_bar=stage == "val")
        self.predictions += map(Prediction, batch.rows, batch.ids, batch.references, hypotheses)


def _gathered(module: nn.Module, checkpoint: Mapping[str, Any]) -> list[Any]:
    """The running statistics that each process has: of its weights and of their average."""
    names = [name for name, _ in module.named_buffers()]
    own = {
        part: {name: checkpoint[part][name].cpu() for name in names if name in checkpoint[part]}
        for part in ("state_dict", "current_model_state")
        if part in checkpoint
    }
    shares: list[Any] = [None] * torch.distributed.get_world_size()
    torch.distributed.all_gather_object(shares, own)
    return shares


def running_statistics(model: nn.Module, still: Set[str]) -> Iterator[tuple[str, Tensor]]:
    """The running statistics that training changes, with the names of their layers."""
    for name, buffer in model.named_buffers():
        layer, _, statistic = name.rpartition(".")
        if statistic in ("running_mean", "running_var") and layer not in still:
            yield layer, buffer
