"""How fast a run trains, and what holds it up."""

import time
from typing import Any, cast

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback
from torch import Tensor

from asr.data.batch import Batch
from asr.training.data import SpeechData
from asr.training.module import SpeechModule

_WARM_UP = 5  # batches that are not counted: memory is found and kernels are chosen in them


class Throughput(Callback):
    """Measures the training loop: what lies between its steps is in it, validation is not.

    Once an epoch it logs ``train/audio_per_second``; the figures of the whole run stand in
    ``summary.json``.
    """

    def __init__(self) -> None:
        self.batches = 0
        self.heard = 0.0  # seconds of audio in all batches
        self.audio = self.padded = self.wall = self.cpu = self.waited = 0.0
        self.first_step = 0.0
        self._before = (0.0, 0.0)  # audio and wall when the epoch began

    @property
    def figures(self) -> dict[str, float]:
        """The measures, over all batches but the first few; of all processes once training ended.

        ``audio_per_second`` is seconds of audio, without padding, in a second; ``waiting`` the
        share of time that this process spent waiting for data; ``first_step`` when its first
        batch was done, in seconds since 1970.
        """
        return {
            "audio_per_second": self.audio / max(self.wall, 1e-9),
            "audio_per_cpu_second": self.audio / max(self.cpu, 1e-9),
            "padded_to_real": self.padded / max(self.audio, 1e-9),
            "waiting": self.waited / max(self.wall, 1e-9),
            "first_step": self.first_step,
        }

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        # A run that goes on within an epoch does not begin that epoch again.
        self._mark()

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._mark()
        self._before = self.audio, self.wall

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        self._waited = time.perf_counter() - self._marked

    def on_train_batch_end(
        self,
        trainer: L.Trainer,
        pl_module: L.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        self.batches += 1
        self.first_step = self.first_step or time.time()
        # By the index: lengths are on the device, and asking for them would wait for it.
        seconds = cast(SpeechData, trainer.datamodule).index["train"].seconds  # type: ignore[attr-defined]
        rows = [*batch.rows, *batch.followers] if isinstance(batch, Batch) else []
        audio = float(seconds[rows].sum())
        self.heard += audio
        if self.batches > _WARM_UP and isinstance(batch, Batch):
            self.audio += audio
            values = batch.waveforms.values
            rate = cast(SpeechModule, pl_module).model.sample_rate
            self.padded += values.shape[0] * values.shape[-1] / rate
            self.wall += time.perf_counter() - self._marked
            self.cpu += time.process_time() - self._cpu_marked
            self.waited += self._waited
        self._mark()

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        audio, wall = self.audio - self._before[0], self.wall - self._before[1]
        if self.batches > _WARM_UP:  # which is so in all processes or in none
            each = audio / max(wall, 1e-9)
            pl_module.log("train/audio_per_second", each, sync_dist=True, reduce_fx="sum")

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if trainer.world_size > 1:
            mine = torch.tensor(
                [self.heard, self.audio, self.padded, self.cpu], device=pl_module.device
            )
            of_all = cast(Tensor, trainer.strategy.reduce(mine, reduce_op="sum"))
            self.heard, self.audio, self.padded, self.cpu = of_all.tolist()

    def _mark(self) -> None:
        self._marked, self._cpu_marked = time.perf_counter(), time.process_time()
