"""Runs that are interrupted and resumed, and what must be equal of two runs."""

import csv
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

EPOCHS = 3
OPTIONS = [
    f"trainer.max_epochs={EPOCHS}",
    "trainer.log_every=1",
    "data.batch_seconds=30",  # four batches an epoch
    "callbacks.ema.decay=0.9",
    "callbacks.early_stopping={_target_: lightning.pytorch.callbacks.EarlyStopping, "
    "_partial_: true, patience: 5}",
]


def kill(number: int, at: int | None) -> str:
    """The override that sends a run the signal ``number`` as its batch ``at`` begins."""
    at_text = "null" if at is None else str(at)
    return f"+callbacks.kill={{_target_: kill_at.KillAt, at: {at_text}, number: {number}}}"


def can_import_kill_at(monkeypatch: Any) -> None:
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)


def interrupted(
    run: Callable[..., Any], folder: str, number: int, ats: Sequence[int], status: int, *more: str
) -> Any:
    """Start a run, end it by ``number`` at each batch of ``ats`` in turn, and finish it."""
    first = run(f"run_dir={folder}", *OPTIONS, *more, kill(number, ats[0]), status=status)
    for at in ats[1:]:
        run(f"resume={folder}", f"+callbacks.kill.at={at}", tiny=False, status=status)
    run(f"resume={folder}", "+callbacks.kill.at=null", tiny=False)
    return first


def differences(one: Path, other: Path) -> list[str]:
    """What two runs do not have in common: weights, optimiser, averages, metrics, predictions."""
    found = []
    left, right = (
        torch.load(folder / "last.ckpt", weights_only=True, map_location="cpu")
        for folder in (one, other)
    )
    for part in ("state_dict", "current_model_state", "optimizer_states", "lr_schedulers"):
        if not _equal(left.get(part), right.get(part)):
            found.append(part)
    if _metrics(one) != _metrics(other):
        found.append("metrics.csv")
    if (one / "predictions.jsonl").read_text() != (other / "predictions.jsonl").read_text():
        found.append("predictions.jsonl")
    return found


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, torch.Tensor):
        return torch.equal(left, right)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_equal(left[k], right[k]) for k in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(_equal, left, right))
    return bool(left == right)


def _metrics(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open() as file:
        return [{name: v for name, v in row.items() if v} for row in csv.DictReader(file)]
