"""Runs side by side: what they tried, what they reached, and what they cost."""

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from asr.errors import InputError
from asr.evaluation.table import table
from asr.leaderboard.run import COSTS, Run
from asr.text.printable import printable

_KEYS_SHOWN, _WIDEST = 6, 24
_HIGHER_IS_BETTER = ("accuracy", "macro_f1", "audio_seconds_per_second")
SHARES = ("wer", "cer", "accuracy", "macro_f1")
_ABSENT = object()


class Leaderboard(NamedTuple):
    """Runs in order, the best first, those without the figure last.

    Attributes:
        by: the metric, cost or config key that decides the order.
        keys: of the config, those in which runs differ, the most varied first.
        metrics: that some run has.
    """

    runs: Sequence[Run]
    by: str
    keys: Sequence[str]
    metrics: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        """All of it, as plain values; of configs what differs."""
        return {
            "sorted_by": self.by,
            "keys": list(self.keys),
            "runs": [
                {
                    "run": run.name, "state": run.state, "metrics": dict(run.metrics),
                    "costs": dict(run.costs),
                    "config": {key: run.config[key] for key in self.keys if key in run.config},
                }
                for run in self.runs
            ],
        }  # fmt: skip


def leaderboard(runs: Sequence[Run], by: str | None = None) -> Leaderboard:
    """Order runs by a figure; by the metric that most of them watched where none is given.

    Raises:
        InputError: no run has such a figure.
    """
    metrics = list(dict.fromkeys(name for run in runs for name in run.metrics))
    keys = differing(runs)
    by = by or _watched(runs)
    known = [*metrics, *COSTS, *keys]
    if by not in known and any(run.metrics for run in runs):
        raise InputError(f"--sort {printable(by)}: no run has it; there is {', '.join(known)}")
    down = by in _HIGHER_IS_BETTER or any(run.watched == by and not run.lower for run in runs)
    first = [by] if by in metrics else []
    return Leaderboard(
        sorted(runs, key=lambda run: _place(value_of(run, by), down)),
        by, keys, [*first, *(name for name in metrics if name not in first)],
    )  # fmt: skip


def differing(runs: Sequence[Run]) -> list[str]:
    """Keys of configs that do not have one value in all the runs that have a config."""
    configs = [run.config for run in runs if run.config]
    values: dict[str, Counter[str]] = {}
    for key in dict.fromkeys(key for config in configs for key in config):
        values[key] = Counter(
            json.dumps(config[key], sort_keys=True, default=str) if key in config else ""
            for config in configs
        )
    return sorted((k for k, v in values.items() if len(v) > 1), key=lambda k: -len(values[k]))


def value_of(run: Run, name: str) -> Any:
    """A metric, a cost or a value of the config; ``None`` where the run has none."""
    return run.metrics.get(name, run.costs.get(name, run.config.get(name)))


def to_text(board: Leaderboard) -> str:
    """A table for a terminal, with the keys that vary most; then what is not finished."""
    keys = board.keys[:_KEYS_SHOWN]
    done = [run for run in board.runs if run.state == "finished"]
    header = ["run", *_short(keys), *board.metrics, "seconds", "x real time", "parameters"]
    costs = ("seconds", "audio_seconds_per_second", "parameters")
    rows = [
        [
            run.name, *(_cell(run.config.get(key, _ABSENT)) for key in keys),
            *(_figure(name, run.metrics.get(name)) for name in board.metrics),
            *(_figure(name, run.costs.get(name)) for name in costs),
        ]
        for run in done
    ]  # fmt: skip
    lines = [table(header, rows, left=1)] if rows else []
    if hidden := len(board.keys) - len(keys):
        lines.append(f"and {hidden} more keys differ; --csv and --json have them")
    lines += [printable(f"{run.name}: {run.state}") for run in board.runs if run not in done]
    return "\n".join(lines)


def to_csv(board: Leaderboard) -> str:
    """Every figure and every key that differs, a row for each run."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(map(_safe, ["run", "state", *board.metrics, *COSTS, *board.keys]))
    for run in board.runs:
        writer.writerow(map(_safe, [
            run.name, run.state, *(run.metrics.get(name, "") for name in board.metrics),
            *(run.costs.get(name, "") for name in COSTS),
            *(_plain(run.config.get(key, _ABSENT)) for key in board.keys),
        ]))  # fmt: skip
    return file.getvalue()


def _safe(value: Any) -> Any:
    """A cell that neither steers a terminal nor is a formula to the program that opens it."""
    if not isinstance(value, str):
        return value
    text = printable(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _watched(runs: Sequence[Run]) -> str:
    told = Counter(run.watched for run in runs if run.watched in run.metrics)
    return told.most_common(1)[0][0] if told else "seconds"


def _place(value: Any, down: bool) -> tuple[int, float, str]:
    if isinstance(value, int | float) and math.isfinite(value):
        return (0, -value if down else value, "")
    return (2, 0.0, "") if value is None else (1, 0.0, str(value))


def _short(keys: Sequence[str]) -> list[str]:
    """The shortest ends of keys that tell them apart."""

    def short(key: str) -> str:
        parts = key.split(".")
        ends = (".".join(parts[place:]) for place in range(len(parts) - 1, -1, -1))
        return next(
            end for end in ends if sum(k == end or k.endswith(f".{end}") for k in keys) == 1
        )

    return [short(key) for key in keys]


def _plain(value: Any) -> str:
    if value is _ABSENT:
        return ""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _cell(value: Any) -> str:
    text = "-" if value is _ABSENT else _plain(value)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."


def _figure(name: str, value: float | None) -> str:
    if value is None:
        return "-"
    if name in SHARES:
        return f"{100 * value:.2f} %"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.4g}"
