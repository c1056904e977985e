"""The folder of a run, read again: finished or not, whole or not."""

import csv
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from asr.errors import InputError
from asr.training.plain_yaml import read_yaml

CONFIG, SUMMARY = "config.yaml", "summary.json"
COSTS = ("seconds", "audio_seconds_per_second", "parameters", "epochs", "steps")
_PASSED_OVER = {"wandb", "node_modules", "__pycache__"}  # folders that hold no runs
# Where a run stood and how it was gone on with is not what it tried.
_NOT_TRIED = {"run_dir", "resume", "allow_changes"}


@dataclass(frozen=True, slots=True)
class Run:
    """What the folder of a run tells.

    Attributes:
        name: the folder, from the one that was searched.
        state: ``"finished"``, ``"unfinished"`` with the step that was logged last, or ``"broken"``
            with the reason.
        config: by full key, ``optimizer.lr``; lists are single values.
        metrics: of the test split, by name; shares, not percent.
        costs: of :data:`COSTS`, those that are known; seconds are of training.
        lower: whether the metric that the run watched is better where it is lower.
        watched: the name of that metric.
    """

    name: str
    state: str
    config: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    costs: Mapping[str, float] = field(default_factory=dict)
    lower: bool = True
    watched: str = ""


def find_runs(root: Path) -> list[Run]:
    """All runs in a folder and in the folders below it, by name.

    Raises:
        InputError: there is no such folder, or no run in it.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; give one that holds runs")
    found = [_read(folder, root) for folder in sorted(_folders(root))]
    if not found:
        raise InputError(f"{root}: holds no runs; look for folders with a {CONFIG}")
    return found


def flat(node: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The values of nested mappings by full key.

    >>> dict(flat({"model": {"blocks": [1, 2], "bias": None}}))
    {'model.blocks': [1, 2], 'model.bias': None}
    """
    if isinstance(node, Mapping) and (node or not prefix):
        for key, value in node.items():
            yield from flat(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, node


def _folders(folder: Path) -> Iterator[Path]:
    if (folder / CONFIG).is_file() or (folder / "metrics.csv").is_file():
        yield folder
    try:
        inside = [path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]
    except OSError:
        return  # not ours to read
    for path in inside:
        if path.name not in _PASSED_OVER and not path.name.startswith("."):
            yield from _folders(path)


def _read(folder: Path, root: Path) -> Run:
    name = folder.relative_to(root).as_posix() if folder != root else folder.resolve().name
    try:
        written = read_yaml(folder / CONFIG)
    except (OSError, yaml.YAMLError) as error:
        told = error.strerror if isinstance(error, OSError) else "no YAML of plain values"
        return Run(name, f"broken: {CONFIG}: {told}")
    if not isinstance(written, dict):
        return Run(name, f"broken: {CONFIG}: holds no config")
    config = {key: v for key, v in flat(written) if key.partition(".")[0] not in _NOT_TRIED}
    if not (folder / SUMMARY).is_file():
        return Run(name, f"unfinished, {_last_step(folder / 'metrics.csv')}", config)
    try:
        return _finished(name, config, json.loads((folder / SUMMARY).read_text("utf-8")))
    except (OSError, ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return Run(name, f"broken: {SUMMARY}: not that of a run", config)


def _finished(name: str, config: Mapping[str, Any], summary: Mapping[str, Any]) -> Run:
    metrics = {key: float(v) for key, v in summary["test"].items() if v is not None}
    monitor = summary.get("monitor") or {}
    seconds = summary.get("seconds") or {}
    told = {**summary, "seconds": seconds.get("fit")}
    costs = {cost: float(told[cost]) for cost in COSTS if told.get(cost) is not None}
    return Run(
        name, "finished", config, {k: v for k, v in metrics.items() if math.isfinite(v)}, costs,
        lower=monitor.get("mode", "min") == "min",
        watched=str(monitor.get("metric", "")).rpartition("/")[2],
    )  # fmt: skip


def _last_step(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            steps = [row["step"] for row in csv.DictReader(file) if row.get("step")]
    except (OSError, csv.Error):
        steps = []
    return f"step {steps[-1]}" if steps else "before its first step"
