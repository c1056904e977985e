"""Trials of a sweep that are given up early, because others were better at the same epoch."""

import csv
from collections.abc import Callable, Iterator
from math import isfinite
from pathlib import Path
from statistics import median

import lightning as L
from lightning.pytorch.callbacks import EarlyStopping

_NEVER = 1 << 62  # validations


class MedianPruning(EarlyStopping):
    """End a trial that is worse than the median of the other trials at the same epoch.

    In the manner of Golovin et al., 2017, section 3.2.2 (https://doi.org/10.1145/3097983.3098043),
    and of Optuna's ``MedianPruner``, but told from the logs of the trials in the folders beside
    this one, so any sweeper will do: each counts by its best value until then, those given up or
    still running, too. Where trials run one by one, it repeats. What has been trained is tested as
    ever, and the sweeper gets that value. A run that is no trial is never given up. A metric that
    is not finite ends it at once, as in Lightning's ``EarlyStopping``.

    Args:
        monitor: a metric of validation.
        mode: ``"min"`` or ``"max"``, whichever is better.
        least_trials: that must have got as far before one is given up.
        first_epoch: the first, counted from 1, at which one may be.

    Raises:
        ValueError: a number is below 1.
    """

    def __init__(
        self, monitor: str, mode: str = "min", *, least_trials: int = 4, first_epoch: int = 1
    ) -> None:
        if least_trials < 1 or first_epoch < 1:
            raise ValueError(
                f"least_trials and first_epoch must be at least 1, got {least_trials} and "
                f"{first_epoch}"
            )
        super().__init__(monitor, mode=mode, patience=_NEVER)
        self.least_trials, self.first_epoch = least_trials, first_epoch

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if not self._should_skip_check(trainer):
            self.divergence_threshold = self._threshold(trainer)
        super().on_validation_end(trainer, pl_module)

    def _threshold(self, trainer: L.Trainer) -> float | None:
        """What the trial must not be worse than; ``None`` for now."""
        folder, epoch = Path(trainer.default_root_dir), trainer.current_epoch
        if not folder.name.isdigit() or epoch + 1 < self.first_epoch:
            return None
        better: Callable[..., float] = min if self.mode == "min" else max
        others = [
            better(value for at, value in values if at <= epoch)
            for values in _others(folder, self.monitor)
            if values[0][0] <= epoch <= values[-1][0]
        ]
        if len(others) < self.least_trials:
            return None
        middle, own = median(others), float(self.best_score)
        return None if better(own, middle) == own else middle


def _others(folder: Path, metric: str) -> Iterator[list[tuple[int, float]]]:
    """Epochs and values of the validations of each trial beside ``folder`` that has any."""
    for log in sorted(folder.parent.glob("[0-9]*/metrics.csv")):
        if log.parent != folder and (values := list(_values(log, metric))):
            yield values


def _values(log: Path, metric: str) -> Iterator[tuple[int, float]]:
    """Of a log that another process may be writing: what its whole lines tell."""
    try:
        lines = log.read_text(encoding="utf-8").splitlines(keepends=True)
        for row in csv.DictReader(line for line in lines if line.endswith("\n")):
            if row.get(metric) and isfinite(value := float(row[metric])):
                yield int(row["epoch"]), value
    except (OSError, ValueError, KeyError, TypeError, csv.Error):
        return  # no log of a run, or one that was cleared away meanwhile
