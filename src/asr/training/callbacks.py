"""The callbacks of a run: those that every run has, and those that its config adds."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from lightning.pytorch.callbacks import Callback

from asr.config import build
from asr.tasks.task import Monitor
from asr.training.checkpoint import Checkpoints
from asr.training.console import Console
from asr.training.csv_logger import ForgetRepeated
from asr.training.known_monitor import KnownMonitor
from asr.training.throughput import Throughput
from asr.training.unread import RefuseUnread


def make_callbacks(nodes: Mapping[str, Any], folder: Path, monitor: Monitor) -> list[Callback]:
    """Checkpoints and console, and the callbacks described by ``nodes``.

    A node with ``_partial_`` is completed with the metric that the task watches, as
    ``lightning.pytorch.callbacks.EarlyStopping`` wants it.
    """
    callbacks: list[Callback] = [Checkpoints(folder, monitor), Console(), ForgetRepeated()]
    callbacks += [RefuseUnread(), KnownMonitor(), Throughput()]
    for name, node in nodes.items():
        callback = build(node, f"callbacks.{name}")
        if isinstance(callback, partial):
            callback = callback(monitor=f"val/{monitor.metric}", mode=monitor.mode)
        if callback is not None:
            callbacks.append(callback)
    return callbacks
