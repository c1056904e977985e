"""Runs that repeat one experiment, as one figure: over seeds, folds or speakers left out."""

import json
from collections.abc import Sequence
from statistics import fmean, median, stdev
from typing import Any, NamedTuple

from asr.errors import InputError
from asr.evaluation.table import table
from asr.leaderboard.board import SHARES, differing, value_of
from asr.leaderboard.run import Run
from asr.text.printable import printable


class Average(NamedTuple):
    """What runs that are alike but for some keys reached together.

    Attributes:
        config: the keys in which this group differs from others.
        runs: how many there are.
        deviation: of the sample; 0 for one run.
    """

    config: dict[str, Any]
    runs: int
    mean: float
    deviation: float
    median: float
    lowest: float
    highest: float


def averages(runs: Sequence[Run], by: str, over: Sequence[str]) -> list[Average]:
    """Group finished runs that are alike in every key but ``over``, in the order they come.

    Args:
        by: the metric, cost or key whose mean is told.
        over: keys of the config.

    Raises:
        InputError: no run has such a key.
    """
    for key in over:
        if not any(key in run.config for run in runs):
            raise InputError(f"--over {printable(key)}: no run has this key of the config")
    apart = [key for key in differing(runs) if key not in over]
    groups: dict[str, list[Run]] = {}
    for run in runs:
        if isinstance(value_of(run, by), int | float):
            alike = json.dumps([run.config.get(key) for key in apart], default=str)
            groups.setdefault(alike, []).append(run)
    return [_average(group, by, apart) for group in groups.values()]


def averages_text(found: Sequence[Average], by: str) -> str:
    """A table for a terminal; shares as percent."""
    keys = list(found[0].config) if found else []
    rows = [
        [
            *(printable(json.dumps(each.config[key], default=str)) for key in keys),
            each.runs,
            *(_figure(by, value) for value in each[2:]),
        ]
        for each in found
    ]
    header = [*keys, "runs", f"mean {by}", "deviation", "median", "lowest", "highest"]
    return table(header, rows, left=max(1, len(keys)))


def _average(runs: Sequence[Run], by: str, apart: Sequence[str]) -> Average:
    values = [float(value_of(run, by)) for run in runs]
    spread = stdev(values) if len(values) > 1 else 0.0
    config = {key: runs[0].config.get(key) for key in apart}
    return Average(
        config, len(values), fmean(values), spread, median(values), min(values), max(values)
    )


def _figure(by: str, value: float) -> str:
    if by in SHARES:
        return f"{100 * value:.2f} %"
    return f"{value:.4g}"
