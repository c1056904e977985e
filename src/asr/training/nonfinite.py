"""Steps whose numbers are not finite: they change nothing, they are told, and many end the run."""

import json
import logging
import math
from collections import deque
from pathlib import Path
from typing import Any, NamedTuple

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback
from safetensors.torch import save_file
from torch import Tensor
from torch.optim import Adam, Optimizer

from asr.data.batch import Batch
from asr.errors import InputError
from asr.json_files import finite

log = logging.getLogger("asr")

ROWS, BATCHES = "nonfinite.jsonl", "nonfinite"  # in the folder of the run
_KEPT = 20  # batches
_LAG = 2  # steps by which a GPU may be behind before it is waited for


class _Step(NamedTuple):
    """A step of the optimiser; its numbers may still be on their way from the device."""

    number: int
    epoch: int
    batches: list[Batch]
    numbers: Tensor  # norm of the gradient, then the loss of each batch
    arrived: torch.cuda.Event | None


class FiniteSteps(Callback):
    """Leaves out the optimiser's step where the loss, a statistic or the gradient is not finite.

    Weights, optimiser state and running statistics are then those from before the step. A bad
    loss makes the whole gradient bad, so all processes of a run leave out the same steps. It
    costs the read of one number per step; on a GPU with fused Adam not even that: the update
    itself is told to change nothing, and the number is read when it has arrived. The other
    optimisers take no such word, and to undo their steps would need a copy of weights and state.

    Args:
        folder: where ``nonfinite.jsonl`` names the utterances, and ``nonfinite/`` has the batches.
        most: such steps in a row that are left out; one more ends the run.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self.folder, self.most = folder, most
        self.in_a_row = 0
        self._statistics: list[Tensor] = []
        self._before = torch.empty(0)
        self._seen: list[tuple[Batch, Tensor]] = []
        self._steps: deque[_Step] = deque()

    def begin(self, statistics: list[Tensor]) -> None:
        """Remember the running statistics before the first batch of a step."""
        self._statistics, self._seen = statistics, []
        if statistics:
            self._before = torch.cat(statistics)

    def mark(self, loss: Tensor, batch: Batch) -> Tensor:
        """The same loss, or NaN where it or a running statistic is not finite."""
        self._seen.append((batch, loss.detach()))
        if loss.device.type == "cpu":  # nothing to wait for, and the fewer operations the better
            return loss if self._is_finite(loss.detach()) else loss * math.nan
        good = loss.isfinite()
        if self._statistics:
            good = good & torch.cat(self._statistics).isfinite().all()
        return loss * torch.where(good, 1.0, math.nan)

    def _is_finite(self, loss: Tensor) -> bool:
        # The sum of finite floats in double precision is finite, too.
        statistics = torch.cat(self._statistics).sum(dtype=torch.float64) if self._statistics else 0
        return math.isfinite(loss) and math.isfinite(statistics)

    def admit(
        self, norm: Tensor, optimizer: Optimizer, trainer: L.Trainer, module: L.LightningModule
    ) -> None:
        """Leave out the step that is about to be taken if ``norm``, of its gradient, is not finite.

        Raises:
            InputError: it is one too many in a row.
        """
        scaled = trainer.precision == "16-mixed"
        in_kernel = _in_kernel(norm, optimizer) and not scaled
        bad = norm.isfinite().logical_not()
        if in_kernel:
            optimizer.found_inf = bad.float()  # type: ignore[attr-defined]  # as of a GradScaler
            self._restore(bad)
        elif bool(bad):
            for parameter in module.parameters():
                parameter.grad = None
            self._restore(bad)
        else:
            self.in_a_row = 0
            return
        losses = [loss for _, loss in self._seen]
        if not (scaled and all(loss.isfinite() for loss in losses)):  # else the scale is too large
            self._note(torch.stack([norm, *losses]), norm.is_cuda and in_kernel, trainer)

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        while self._steps:
            self._judge(trainer)

    def state_dict(self) -> dict[str, Any]:
        return {"in_a_row": self.in_a_row}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.in_a_row = state_dict["in_a_row"]

    @torch.no_grad()
    def _restore(self, bad: Tensor) -> None:
        if not self._statistics:
            return
        kept = torch.where(bad, self._before, torch.cat(self._statistics))
        sizes = [statistic.numel() for statistic in self._statistics]
        torch._foreach_copy_(self._statistics, torch.split(kept, sizes))

    def _note(self, numbers: Tensor, later: bool, trainer: L.Trainer) -> None:
        arrived = None
        numbers = numbers.detach().float()
        if later:
            numbers = numbers.to("cpu", non_blocking=True)
            arrived = torch.cuda.Event()  # type: ignore[no-untyped-call]
            arrived.record()
        batches = [batch for batch, _ in self._seen]
        step = _Step(trainer.global_step, trainer.current_epoch, batches, numbers, arrived)
        self._steps.append(step)
        # Always the same number of steps later, so that all processes of a run stop together.
        if len(self._steps) > (_LAG if later else 0):
            self._judge(trainer)

    def _judge(self, trainer: L.Trainer) -> None:
        step = self._steps.popleft()
        if step.arrived is not None:
            step.arrived.synchronize()
        norm, *losses = step.numbers.tolist()
        if math.isfinite(norm):
            self.in_a_row = 0
            return
        self.in_a_row += 1
        self._write(step, norm, losses, trainer.global_rank)
        if self.in_a_row > self.most:
            raise InputError(
                f"training: {self.in_a_row} steps in a row were not finite, the last of them step "
                f"{step.number}, and were left out; see {self.folder / ROWS}; lower optimizer.lr "
                "or mend these utterances, and go on or begin anew"
            )

    def _write(self, step: _Step, norm: float, losses: list[float], rank: int) -> None:
        for number, (batch, loss) in enumerate(zip(step.batches, losses, strict=True)):
            row = {
                "step": step.number, "epoch": step.epoch, "process": rank, "loss": loss,
                "gradient_norm": norm, "ids": list(batch.ids),
                "batch": self._keep(batch, f"step{step.number}_process{rank}_{number}"),
            }  # fmt: skip
            with (self.folder / ROWS).open("a", encoding="utf-8") as file:
                file.write(json.dumps(finite(row), ensure_ascii=False) + "\n")
        log.warning(
            "step %d left out: loss %s, gradient %g; its utterances are in %s",
            step.number, ", ".join(f"{loss:g}" for loss in losses), norm, self.folder / ROWS,
        )  # fmt: skip

    def _keep(self, batch: Batch, name: str) -> str | None:
        folder = self.folder / BATCHES
        folder.mkdir(exist_ok=True)
        if len(list(folder.iterdir())) >= _KEPT:
            return None
        tensors = {
            "waveforms": batch.waveforms.values, "waveforms.lengths": batch.waveforms.lengths,
            "tokens": batch.tokens.values, "tokens.lengths": batch.tokens.lengths,
            "keys": batch.keys,
        }  # fmt: skip
        path = folder / f"{name}.safetensors"
        save_file({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, path)
        return f"{BATCHES}/{path.name}"


def _in_kernel(norm: Tensor, optimizer: Optimizer) -> bool:
    """Whether the update is told to change nothing, so that nobody waits for ``norm``.

    Of fused optimisers only Adam's can be: SGD's would leave its momentum undefined if the first
    step were left out.
    """
    fused = isinstance(optimizer, Adam) and bool(optimizer.defaults.get("fused"))
    return norm.is_cuda and fused
