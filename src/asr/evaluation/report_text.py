"""The report of a check, to read and as plain values."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from asr.evaluation.check import Report, SplitFacts
from asr.evaluation.fault import Fault
from asr.evaluation.table import table
from asr.text.printable import printable

_SHOWN = 10  # faults of each kind
_HEADER = (
    "split", "clips", "unusable", "hours", "shortest s", "median s", "95 % s", "longest s",
    "words", "distinct", "labels", "speakers",
)  # fmt: skip


def to_text(report: Report) -> str:
    """What the splits hold, in a table, and their faults by kind."""
    rows = [_row(split, facts) for split, facts in report.splits.items()]
    return "\n".join([table(_HEADER, rows), *_contents(report), "", *_faults(report)])


def to_values(report: Report) -> dict[str, Any]:
    """All of it as plain values, every fault among them."""
    return {
        "splits": {split: _values(facts) for split, facts in report.splits.items()},
        "spelling": report.spelling,
        "outside": [item._asdict() for item in report.outside],
        "faults": [fault._asdict() for fault in report.faults],
        "usable": not report.refusals,
        "refusals": list(report.refusals),
    }


def _row(split: str, facts: SplitFacts) -> list[Any]:
    seconds = [f"{facts.seconds[p]:.2f}" if facts.seconds else "-" for p in (0, 50, 95, 100)]
    return [
        split, facts.clips, facts.rows - facts.clips, f"{facts.hours:.2f}", *seconds,
        facts.words.total(), len(facts.words), len(facts.labels), len(facts.speakers),
    ]  # fmt: skip


def _contents(report: Report) -> Iterator[str]:
    for name in ("rates", "channels"):
        counts: Counter[int] = sum((getattr(f, name) for f in report.splits.values()), Counter())
        told = ", ".join(f"{value} ({count} clips)" for value, count in sorted(counts.items()))
        yield f"{'sample rates, Hz' if name == 'rates' else name}: {told or 'none'}"
    characters: Counter[str] = sum((f.characters for f in report.splits.values()), Counter())
    if characters:
        yield f"characters: {printable(''.join(sorted(characters)))} ({characters.total()} in all)"
    labels: Counter[str] = sum((f.labels for f in report.splits.values()), Counter())
    if labels:
        most = ", ".join(f"{printable(label)} {count}" for label, count in labels.most_common(20))
        yield f"labels: {most}{', ...' if len(labels) > 20 else ''}"
    yield f"transcripts and labels are held against {report.spelling}"


def _faults(report: Report) -> Iterator[str]:
    if not report.faults:
        yield "no faults"
        return
    for kind, count in Counter(fault.kind for fault in report.faults).items():
        yield f"{kind}: {count}"
        chosen = [fault for fault in report.faults if fault.kind == kind]
        yield from (f"  {_told(fault)}" for fault in chosen[:_SHOWN])
        if count > _SHOWN:
            yield f"  and {count - _SHOWN} more; --json lists all"


def _told(fault: Fault) -> str:
    where = f"{fault.line}: " if fault.line else ""
    name = repr(fault.id) if fault.kind == "outside" else fault.id
    split = f"{fault.split} " if fault.split else ""
    return printable(f"{where}{split}{name}: {fault.reason}" if fault.id else
                     f"{where}{split}{fault.reason}")  # fmt: skip


def _values(facts: SplitFacts) -> dict[str, Any]:
    return {
        "rows": facts.rows,
        "clips": facts.clips,
        "hours": facts.hours,
        "sample_rates": dict(sorted(facts.rates.items())),
        "channels": dict(sorted(facts.channels.items())),
        "seconds_at_percentile": dict(facts.seconds),
        "words": {"total": facts.words.total(), "distinct": len(facts.words)},
        "characters": dict(facts.characters.most_common()),
        "labels": dict(facts.labels.most_common()),
        "speakers": dict(facts.speakers.most_common()),
    }
