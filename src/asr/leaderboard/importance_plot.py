"""Importances as bars, and beside them what each of the most important settings reached."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asr.evaluation.description_plot import refuse_plot
from asr.leaderboard.importance import Importance, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BARS, _PANELS = 12, 4
_COLOUR = "#4c72b0"


def plot(found: Sequence[Importance], by: str, path: Path) -> None:
    """Draw them to ``path``, whose suffix says the format.

    Raises:
        InputError: matplotlib is not installed, or the suffix is of no format.
    """
    refuse_plot(path)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 6.5), layout="constrained")
    FigureCanvasAgg(figure)
    grid: Any = figure.add_gridspec(2, 4)
    _bars(figure.add_subplot(grid[:, :2]), found[:_BARS], by)
    for place, each in enumerate(found[:_PANELS]):
        _panel(figure, grid[place // 2, 2 + place % 2], each, by)
    figure.savefig(path, dpi=120)


def _bars(axes: Any, found: Sequence[Importance], by: str) -> None:
    names = [each.key for each in found]
    axes.barh(range(len(found)), [100 * each.share for each in found], color=_COLOUR)
    axes.set_yticks(range(len(found)), [_escaped(name) for name in names], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel(f"% of the variance of {_escaped(by)} that it explains alone")
    axes.set_title(f"{len(found[0].values)} runs", fontsize=10)


def _panel(figure: "Figure", place: Any, each: Importance, by: str) -> None:
    axes: Any = figure.add_subplot(place)
    xs: list[Any] = [number(value) for value, _ in each.values]
    if None in xs:
        names = [json.dumps(value, default=str) for value, _ in each.values]
        order = sorted(set(names))
        xs = [order.index(name) for name in names]
        axes.set_xticks(
            range(len(order)), [_escaped(name.strip('"')[:14]) for name in order],
            rotation=30, ha="right", fontsize=7,
        )  # fmt: skip
    elif min(xs) > 0 and max(xs) / min(xs) >= 10:
        axes.set_xscale("log")
    axes.scatter(xs, [figure_ for _, figure_ in each.values], s=16, color=_COLOUR, alpha=0.7)
    axes.set_title(_escaped(each.key), fontsize=9)
    axes.set_ylabel(_escaped(by), fontsize=8)
    axes.tick_params(labelsize=7)


def _escaped(text: str) -> str:
    """Text in which matplotlib finds no formulas."""
    return text.replace("$", r"\$")
