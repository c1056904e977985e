"""Figures as text in columns."""

from collections.abc import Mapping, Sequence
from typing import Any

from asr.text.printable import printable

_SHARES = ("wer", "cer", "accuracy", "macro_f1")


def table(header: Sequence[str], rows: Sequence[Sequence[Any]], left: int = 1) -> str:
    """Rows under a header, in aligned columns.

    >>> print(table(["split", "clips"], [["train", 31], ["val", 5]]))
    split  clips
    train     31
    val        5

    Args:
        left: how many columns, from the first, hold text and begin at its left.
    """
    cells = [[printable(str(value)) for value in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    )


def figures(values: Mapping[str, Any]) -> str:
    """Names and values, one a line; shares in percent.

    >>> print(figures({"wer": 0.0353, "words": 1276}))
      wer    3.53 %
      words  1276
    """
    told = {printable(name): _shown(name, value) for name, value in values.items()}
    width = max(map(len, told), default=0)
    return "\n".join(f"  {name:<{width}}  {value}" for name, value in told.items())


def _shown(name: str, value: Any) -> str:
    if name in _SHARES:
        return f"{100 * value:.2f} %"
    return f"{value:.4g}" if isinstance(value, float) else printable(str(value))
