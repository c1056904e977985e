"""The callbacks of a run: those that every run has, and those that its config adds."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from lightning.pytorch.callbacks import Callback, EarlyStopping, WeightAveraging

from asr.config import build
from asr.errors import InputError
from asr.tasks.task import Monitor
from asr.training.console import Console
from asr.training.csv_logger import ForgetRepeated
from asr.training.known_monitor import KnownMonitor
from asr.training.throughput import Throughput
from asr.training.unread import RefuseUnread


def make_callbacks(nodes: Mapping[str, Any], monitor: Monitor) -> list[Callback]:
    """Console and log, and the callbacks described by ``nodes``.

    A node with ``_partial_`` is completed with the metric that the task watches, as
    ``lightning.pytorch.callbacks.EarlyStopping`` wants it.

    Raises:
        InputError: two of them average the weights.
    """
    callbacks: list[Callback] = [Console(), ForgetRepeated(), Throughput()]
    callbacks += [RefuseUnread(), KnownMonitor()]
    for name, node in nodes.items():
        callback = build(node, f"callbacks.{name}")
        if isinstance(callback, partial):
            callback = callback(monitor=f"val/{monitor.metric}", mode=monitor.mode)
        if isinstance(callback, EarlyStopping) and callback._check_on_train_epoch_end is None:
            # At the end of an epoch it would ask for a validation that an earlier process did.
            callback._check_on_train_epoch_end = False
        if callback is not None:
            callbacks.append(callback)
    if sum(isinstance(callback, WeightAveraging) for callback in callbacks) > 1:
        raise InputError(
            "callbacks: two of them average the weights; leave out one, as by callbacks.ema=null"
        )
    return callbacks
