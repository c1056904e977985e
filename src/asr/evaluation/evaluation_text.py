"""Intervals and slices of an evaluation as text."""

from collections.abc import Mapping, Sequence
from typing import Any

from asr.evaluation.table import table


def more(summary: Mapping[str, Any], columns: Sequence[str] = ()) -> str:
    """What the figures leave open: how sure they are, and of whom they hold.

    Args:
        summary: as ``summary.json`` holds it.
        columns: whose slices are told.
    """
    drawn = summary["interval"]
    lines = [
        f"  {name} 95 % interval: {_percent(low)} to {_percent(high)} "
        f"({drawn['methods'][name]} over {drawn['blocks']} {drawn['blocked_by']}s)"
        for name, (low, high) in summary["intervals"].items()
    ]
    if timed := summary["latency"]:
        lines.append(
            f"  latency of one utterance: median {timed['median_ms']:.1f} ms, 95th percentile "
            f"{timed['p95_ms']:.1f} ms (of {timed['utterances']})"
        )
    for column in columns:
        lines += ["", _slices(column, summary["slices"][column])]
    return "\n".join(lines)


def _slices(column: str, values: Mapping[str, Any]) -> str:
    rate = "wer" if "wer" in next(iter(values.values())) else "accuracy"
    rows = [
        [
            value, found["utterances"], _percent(found[rate]),
            " to ".join(map(_percent, found["interval"])),
        ]
        for value, found in values.items()
    ]  # fmt: skip
    return table([column, "utterances", rate, "interval"], rows)


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
