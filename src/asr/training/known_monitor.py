"""Refuses a callback that waits for a metric which nothing logs, before training begins."""

from difflib import get_close_matches
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import Callback

from asr.errors import InputError
from asr.training.module import SpeechModule


class KnownMonitor(Callback):
    """Lightning itself would only notice at the end of an epoch, and lose it."""

    def setup(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: str) -> None:
        if stage != "fit" or not isinstance(pl_module, SpeechModule):
            return
        known = ["val/loss", "train/loss", *map(str, pl_module.val_metrics.keys())]
        callbacks: list[Any] = list(trainer.callbacks)  # type: ignore[attr-defined]
        for callback in callbacks:
            monitor = getattr(callback, "monitor", None)
            if isinstance(monitor, str) and monitor not in known:
                near = get_close_matches(monitor, known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
                raise InputError(
                    f"callbacks: {type(callback).__name__} watches {monitor!r}, which nothing "
                    f"logs; {hint}"
                )
