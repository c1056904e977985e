"""A comparison as text."""

from typing import Any

from asr.evaluation.compare import LEVEL, Comparison
from asr.evaluation.table import table
from asr.text.printable import printable

_FEW = 10  # utterances that are shown


def to_text(found: Comparison) -> str:
    """Rates, slices that differ, the utterances that changed most, and the verdict at the end."""
    drawn = found.interval
    header = ["", "A", "B", "difference", "95 % interval", "p (bootstrap)"]
    rates = [[name, *_rate(told), f"{told['p']:.2g}"] for name, told in found.rates.items()]
    lines = [
        f"A: {printable(str(found.a['folder']))}",
        f"B: {printable(str(found.b['folder']))}",
        f"{found.utterances} utterances; {drawn['resamples']} resamples of {drawn['blocks']} "
        f"{drawn['blocked_by']}s",
        "",
        table(header, rates),
        _test(found.test),
    ]
    for column, values in found.slices.items():
        lines += ["", _slices(column, values)]
    if found.changed:
        lines += ["", f"changed most ({min(_FEW, len(found.changed))} of {len(found.changed)}):"]
    for item in found.changed[:_FEW]:
        lines += [
            f"  {printable(item['id'])}: {item['errors_a']} errors in A, {item['errors_b']} in B",
            *(f"    {name} {printable(item[key])}" for name, key in _TEXTS),
        ]
    return "\n".join([*lines, "", found.verdict])


_TEXTS = (("said", "reference"), ("A   ", "a"), ("B   ", "b"))


def _test(test: dict[str, Any]) -> str:
    if "segments" in test:
        how = "exact" if test["exact"] else "normal"
        return f"matched pairs: p = {test['p']:.2g} ({test['segments']} segments, {how})"
    return (
        f"McNemar: p = {test['p']:.2g} (right in A alone {test['only_a_right']}, in B alone "
        f"{test['only_b_right']})"
    )


def _slices(column: str, values: dict[str, dict[str, Any]]) -> str:
    """Of many values those with the least p."""
    chosen = list(values.items())
    if len(chosen) > 2 * _FEW:
        chosen = sorted(chosen, key=lambda item: item[1]["p"])[:_FEW]
    rows = [
        [
            value, told["utterances"], *_rate(told), f"{told['p_holm']:.2g}",
            "*" if told["p_holm"] < LEVEL else "",
        ]
        for value, told in chosen
    ]  # fmt: skip
    more = len(values) - len(chosen)
    header = [column, "utterances", "A", "B", "difference", "95 % interval", "p (Holm)", ""]
    return table(header, rows) + (f"\n({more} more, with greater p)" if more else "")


def _rate(told: dict[str, Any]) -> list[str]:
    low, high = told["interval"]
    return [
        f"{100 * told['a']:.2f} %", f"{100 * told['b']:.2f} %", f"{100 * told['difference']:+.2f}",
        f"{100 * low:+.2f} to {100 * high:+.2f}",
    ]  # fmt: skip
