"""What must be equal of two runs."""

import csv
from pathlib import Path
from typing import Any

import torch

_PARTS = (
    "state_dict", "current_model_state", "averaging_state", "optimizer_states", "lr_schedulers",
    "callbacks", "asr_position", "global_step",
)  # fmt: skip


def differences(one: Path, other: Path) -> list[str]:
    """What two runs do not have in common: weights, optimizer, averages, metrics, predictions."""
    found = []
    for name in ("last.ckpt", "best.ckpt"):
        left, right = (torch.load(folder / name, weights_only=True) for folder in (one, other))
        assert left["state_dict"]
        for checkpoint in (left, right):
            # How long a silence took is told by the clock.
            checkpoint["callbacks"].get("Doctor", {}).get("silence", [])[2:] = []
        found += [
            f"{name}: {part}" for part in _PARTS if not _equal(left.get(part), right.get(part))
        ]
    found += ["metrics.csv"] if metrics(one) != metrics(other) else []
    predictions = "predictions.jsonl"
    same = (one / predictions).read_text() == (other / predictions).read_text()
    return found if same else [*found, predictions]


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, torch.Tensor):
        return torch.equal(left, right)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_equal(left[k], right[k]) for k in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(_equal, left, right))
    return bool(left == right)


def metrics(folder: Path) -> list[dict[str, str]]:
    # But for the speed, which has a row of its own.
    with (folder / "metrics.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if not row.get("train/audio_per_second")]
    return [{name: v for name, v in row.items() if v} for row in rows]
