"""The log that is always written: one row of metrics.csv for each logged step."""

import csv
from argparse import Namespace
from pathlib import Path
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import Logger
from lightning.pytorch.utilities import rank_zero_only

from asr.errors import InputError
from asr.training.saving import POSITION


class CSVLog(Logger):
    """Appends to ``metrics.csv``; a resumed run goes on after the step that it resumes from.

    Lightning's own CSV logger deletes the file of an earlier run in the same folder.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.columns: list[str] = []
        self.rows: list[dict[str, str]] = []
        self._begin: int | None = None  # of the last row in the file, if this process wrote it
        if path.exists():
            # What a run was killed at has no end of its line.
            try:
                lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
                reader = csv.DictReader([line for line in lines if line.endswith("\n")])
                self.rows = list(reader)
                self.columns = list(reader.fieldnames or ())
                numbers = [int(row["step"]) for row in self.rows]
            except (OSError, ValueError, KeyError, TypeError, csv.Error):
                numbers = [-1]
            if min(numbers, default=0) < 0 or any(None in row for row in self.rows):
                raise InputError(f"{path}: is not the log of a run; remove it to go on without")

    @property
    def name(self) -> str:
        return "csv"

    @property
    def version(self) -> str:
        return ""

    @rank_zero_only
    def log_hyperparams(self, params: dict[str, Any] | Namespace, *_: Any, **__: Any) -> None:
        """Nothing: the config is a file of its own."""

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Write one row now, so that nothing is lost when the run is killed.

        What more is logged of a training step goes into the row of that step.
        """
        row = {"step": str(step), **{name: f"{value:.8g}" for name, value in metrics.items()}}
        begin = self._begin_of_same(row)
        if begin is not None:
            row = {**self.rows.pop(), **row}
        new = [name for name in row if name not in self.columns]
        if new or not self.path.exists():
            self.columns += new
            self._rewrite()
            begin = None
        self.rows.append(row)
        with self.path.open("a" if begin is None else "r+", newline="", encoding="utf-8") as file:
            # A row that is added to only grows, so nothing of what it was is left behind it.
            self._begin = file.seek(0, 2) if begin is None else file.seek(begin)
            csv.DictWriter(file, self.columns).writerow(row)

    def _begin_of_same(self, row: dict[str, str]) -> int | None:
        """Where in the file the last row begins, if ``row`` is of the same training step."""
        if self._begin is None or not self.rows or self.rows[-1]["step"] != row["step"]:
            return None
        of_validation = any(map(_of_validation, {**self.rows[-1], **row}.items()))
        return None if of_validation or set(row) & set(self.rows[-1]) > {"step"} else self._begin

    @rank_zero_only
    def forget_from(self, step: int, validating: bool = False) -> None:
        """Drop the rows of ``step`` and later, which a resumed run will write again.

        Args:
            validating: whether the validation after the step before is repeated, too.
        """
        self.rows = [
            row
            for row in self.rows
            if int(row["step"]) < step - (validating and any(map(_of_validation, row.items())))
        ]
        if self.columns:
            self._rewrite()

    def _rewrite(self) -> None:
        beside = self.path.with_name(f".{self.path.name}.writing")
        with beside.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, self.columns)
            writer.writeheader()
            writer.writerows(self.rows)
        beside.replace(self.path)
        self._begin = None


def _of_validation(item: tuple[str, str]) -> bool:
    name, value = item
    return name.startswith("val/") and bool(value)


class ForgetRepeated(Callback):
    """Takes from the log what was written after the checkpoint that training begins at."""

    def __init__(self) -> None:
        self._validating = False

    def on_load_checkpoint(
        self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        self._validating = checkpoint.get(POSITION, {}).get("validating", False)

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        for logger in trainer.loggers:
            if isinstance(logger, CSVLog):
                logger.forget_from(trainer.global_step, self._validating)
