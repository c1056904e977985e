"""How the receptive field of a network grows, layer by layer, as a figure."""

from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from asr.errors import InputError
from asr.evaluation.describe import Description

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")
_CLIPPED = 1.15  # what is infinite ends so many times the largest finite context from the middle
_HEARD, _ENDLESS, _HOP = "#4c72b0", "#c44e52", "#222222"


class Growth(NamedTuple):
    """What each layer hears, in milliseconds; one value for each layer of the table.

    Attributes:
        left: before its frame, clipped where it is infinite.
        right: after its frame, likewise.
        hop: from one of its frames to the next.
        endless: whether it hears the whole utterance, so that it is clipped.
    """

    names: list[str]
    left: list[float]
    right: list[float]
    hop: list[float]
    endless: list[bool]


def growth(description: Description) -> Growth:
    """The series to draw."""
    ms, layers = description.milliseconds, description.layers
    spans = [layer.span for layer in layers]
    left, right = [ms(span.left) for span in spans], [ms(span.right) for span in spans]
    hop = [ms(span.stride) for span in spans]
    edge = _CLIPPED * (max(x for x in (*left, *right, 0) if x < inf) or max(hop))
    endless = [layer.whole or max(layer.span.left, layer.span.right) == inf for layer in layers]
    return Growth(
        names=[layer.name for layer in layers],
        left=[edge if clipped else x for x, clipped in zip(left, endless, strict=True)],
        right=[edge if clipped else x for x, clipped in zip(right, endless, strict=True)],
        hop=hop,
        endless=endless,
    )


def plot(description: Description, path: Path) -> None:
    """Draw the contexts as bars about the output frame, the hop as a line; write to ``path``.

    Args:
        path: its suffix, one of :data:`SUFFIXES`, says the format.

    Raises:
        InputError: matplotlib is not installed, or the suffix is another.
    """
    refuse_plot(path)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    series = growth(description)
    inches = min(max(6.0, 2 + 0.27 * len(series.names)), 100.0)
    figure = Figure(figsize=(inches, 6), layout="constrained")
    FigureCanvasAgg(figure)  # a canvas of its own: pyplot would want a display, and keep state
    _draw(figure, series, _title(description))
    figure.savefig(path, dpi=120)


def refuse_plot(path: Path) -> None:
    """Raise InputError where no figure could be written to ``path``, before work is done for it."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"--plot {path}: must end in {', '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise InputError(f"--plot {path}: no folder {path.parent}; make it first")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise InputError("--plot needs matplotlib: pip install -e '.[plot]'") from None


def _draw(figure: "Figure", series: Growth, title: str) -> None:
    axes: Any = figure.add_subplot()
    places = list(range(len(series.names)))
    heights = [left + right for left, right in zip(series.left, series.right, strict=True)]
    colours = [_ENDLESS if endless else _HEARD for endless in series.endless]
    axes.bar(places, heights, bottom=[-left for left in series.left], color=colours)
    axes.axhline(0, color="white", linewidth=0.8)
    axes.set_ylim(-1.05 * max(series.left) - 1e-3, 1.05 * max(series.right) + 1e-3)
    axes.margins(x=0.01)
    axes.set_xticks(places, series.names, rotation=90, fontsize=7)
    axes.set_ylabel("ms before (below 0) and after the output frame")
    axes.set_title(title, fontsize=10)
    hops: Any = axes.twinx()
    hops.step(places, series.hop, where="mid", color=_HOP, linewidth=1, linestyle="--")
    hops.set_ylabel("hop, ms")
    hops.set_ylim(0, 1.05 * max(series.hop))
    hops.legend(*_keys(hops, any(series.endless)), loc="upper left", fontsize=8)


def _keys(hops: Any, clipped: bool) -> tuple[list[Any], list[str]]:
    from matplotlib.patches import Patch

    handles = [Patch(color=_HEARD), *hops.get_lines()]
    names = ["heard by one output frame", "hop (right axis)"]
    if clipped:
        handles.append(Patch(color=_ENDLESS))
        names.append("heard: the whole utterance, clipped here")
    return handles, names


def _title(description: Description) -> str:
    ms, span = description.milliseconds, description.span
    field = "all" if span.receptive_field == inf else f"{ms(span.receptive_field):.4g} ms"
    note = ", and the whole utterance" if span.whole else ""
    return f"receptive field {field}, hop {ms(span.stride):.4g} ms{note}"
