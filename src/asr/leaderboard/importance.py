"""Which settings of a sweep mattered: the share of a figure's variance that each explains alone."""

import json
from bisect import bisect_left
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np

from asr.errors import InputError
from asr.leaderboard.board import differing, value_of
from asr.leaderboard.run import Run

_FEWEST = 4  # runs; with less, everything explains everything
_GROUPS = 4  # that numbers are cut into, by rank


class Importance(NamedTuple):
    """Of a key of the config.

    Attributes:
        share: of the variance between runs, 0 to 1.
        groups: of equal or similar values, that were compared.
        values: of the key in each run, and the figure that it reached.
    """

    key: str
    share: float
    groups: int
    values: Sequence[tuple[Any, float]]


def importance(runs: Sequence[Run], by: str) -> list[Importance]:
    """Every key that differs, the most important first.

    The share is the effect size epsilon squared of an analysis of variance with one factor (Kelley,
    1935), which takes from the plain share what as many groups explain by chance; numbers of many
    values are cut into quarters. It sees no interactions, and of keys that were changed together
    each is given all that they did.

    Raises:
        InputError: too few runs have the figure, or they do not differ.
    """
    told = [run for run in runs if isinstance(value_of(run, by), int | float)]
    if len(told) < _FEWEST:
        raise InputError(
            f"importance: needs {_FEWEST} finished runs with {by}, got {len(told)}; train more"
        )
    figures = np.array([value_of(run, by) for run in told], np.float64)
    if not figures.std():
        raise InputError(f"{by} is {figures[0]:g} in all {len(told)} runs: nothing to explain")
    found = [_of(key, told, figures) for key in differing(told) if key != by]
    if not found:
        raise InputError(f"the configs of {len(told)} runs do not differ: nothing explains {by}")
    return sorted(found, key=lambda each: -each.share)


def _of(
    key: str, runs: Sequence[Run], figures: "np.ndarray[Any, np.dtype[np.float64]]"
) -> Importance:
    values = [run.config.get(key) for run in runs]
    groups = _groups(values)
    names = list(dict.fromkeys(groups))
    within = 0.0
    for name in names:
        part = figures[[group == name for group in groups]]
        within += float(((part - part.mean()) ** 2).sum())
    total = float(((figures - figures.mean()) ** 2).sum())
    rest = len(figures) - len(names)
    chance = (len(names) - 1) * within / rest if rest else total  # each a group: all by chance
    share = max(0.0, (total - within - chance) / total)
    return Importance(key, share, len(names), list(zip(values, figures.tolist(), strict=True)))


def _groups(values: Sequence[Any]) -> list[Hashable]:
    numbers = [number(value) for value in values]
    known = [each for each in numbers if each is not None]
    if len(known) == len(values) and len(set(known)) > _GROUPS:
        edges = np.quantile(known, np.linspace(0, 1, _GROUPS + 1)[1:-1]).tolist()
        return [bisect_left(edges, each) for each in known]
    return [json.dumps(value, sort_keys=True, default=str) for value in values]


def number(value: Any) -> float | None:
    """The value as a number, if it is one: YAML takes 3e-4 for text."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
