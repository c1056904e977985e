"""Whether one model is better than another, from what both heard in the same utterances."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from asr.evaluation.evaluation_folder import EvaluationFolder
from asr.evaluation.measures import (
    RESAMPLES,
    SEED,
    Row,
    blocked,
    is_transcripts,
    measures,
    right,
)
from asr.evaluation.same_data import matched
from asr.evaluation.slices import sliced
from asr.json_files import write_json
from asr.metrics.bootstrap import divided, interval, resampled
from asr.metrics.significance import (
    bootstrap_p,
    holm,
    matched_pairs,
    mcnemar,
    segment_differences,
)

LEVEL = 0.05
_MOST = 50  # utterances that changed
_LOWER_IS_BETTER = ("wer", "cer")


class Comparison(NamedTuple):
    """What ``compare.json`` holds; rates are shares, and differences are of B less A.

    Attributes:
        metric: of the verdict, the first of ``rates``.
        rates: of each metric: ``a``, ``b``, ``difference``, its ``interval``, and ``p`` by the
            bootstrap.
        test: matched pairs of transcripts, or McNemar of labels, with its ``p``.
        slices: the same of each value of each column; ``p_holm`` holds for all of them at once.
        changed: the utterances in which A and B differ most.
        better: ``"a"``, ``"b"``, or ``None`` without evidence: the interval must exclude 0, and
            the test must have p below 0.05.
    """

    a: dict[str, Any]
    b: dict[str, Any]
    utterances: int
    metric: str
    rates: dict[str, dict[str, Any]]
    interval: dict[str, Any]
    test: dict[str, Any]
    slices: dict[str, dict[str, dict[str, Any]]]
    changed: list[dict[str, Any]]
    better: str | None
    verdict: str

    def write(self, folder: Path) -> None:
        """Write ``compare.json``."""
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / "compare.json", self._asdict())


def compare(a: EvaluationFolder, b: EvaluationFolder, columns: Sequence[str] = ()) -> Comparison:
    """Compare two evaluations of the same utterances.

    Args:
        columns: to slice by, beside speaker, gender and duration.

    Raises:
        InputError: they are not of the same utterances and references, or none has a column.
    """
    left, right_ = matched(a, b)
    rates, test, blocks = _rates(left, right_), _test(left, right_), blocked(left)
    metric = next(iter(rates))
    better = _better(metric, rates[metric], test)
    return Comparison(
        a=_told(a),
        b=_told(b),
        utterances=len(left),
        metric=metric,
        rates=rates,
        interval={
            "level": 1 - LEVEL, "blocked_by": blocks.by, "blocks": blocks.total,
            "resamples": RESAMPLES, "seed": SEED,
        },
        test=test,
        slices=_slices(left, right_, columns),
        changed=_changed(left, right_),
        better=better,
        verdict=_verdict(metric, rates[metric], test, better, left, right_),
    )  # fmt: skip


def _told(folder: EvaluationFolder) -> dict[str, Any]:
    summary = folder.summary
    return {
        "folder": str(folder.path), "model": summary.get("model"), "data": summary.get("data"),
        "scoring": summary.get("scoring"),
    }  # fmt: skip


def _rates(a: Sequence[Row], b: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Rates of both, and of the difference what the same draws of both give."""
    first, second = measures(a), measures(b)
    columns = [column for name in first for column in (*first[name], second[name].parts)]
    sums = resampled(np.stack(columns, 1), blocked(a), resamples=RESAMPLES, seed=SEED)
    found = {}
    for k, name in enumerate(first):
        parts, wholes, others = sums[:, 3 * k], sums[:, 3 * k + 1], sums[:, 3 * k + 2]
        differences = divided(np.abs(others - parts), wholes) * np.sign(others - parts)
        found[name] = {
            "a": first[name].rate,
            "b": second[name].rate,
            "difference": second[name].rate - first[name].rate,
            "interval": list(interval(differences, 1 - LEVEL)),
            "p": bootstrap_p(differences),
        }
    return found


def _test(a: Sequence[Row], b: Sequence[Row]) -> dict[str, Any]:
    if is_transcripts(a):
        differences = [
            difference
            for left, right_ in zip(a, b, strict=True)
            for difference in segment_differences(
                left["reference"], left["hypothesis"], right_["hypothesis"]
            )
        ]
        return {"name": "matched pairs", **matched_pairs(differences)._asdict()}
    both = [(right(left), right(right_)) for left, right_ in zip(a, b, strict=True)]
    only_a, only_b = both.count((True, False)), both.count((False, True))
    return {
        "name": "McNemar", "only_a_right": only_a, "only_b_right": only_b,
        "p": mcnemar(only_a, only_b),
    }  # fmt: skip


def _slices(
    a: Sequence[Row], b: Sequence[Row], columns: Sequence[str]
) -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for column, values in sliced(a, columns).items():
        found[column] = {}
        for value, part in values.items():
            left, right_ = [a[row] for row in part], [b[row] for row in part]
            rates = next(iter(_rates(left, right_).values()))
            found[column][value] = {
                "utterances": len(part), **rates, "p": _test(left, right_)["p"]
            }  # fmt: skip
    every = [told for values in found.values() for told in values.values()]
    for told, p in zip(every, holm([told["p"] for told in every]), strict=True):
        told["p_holm"] = p
    return found


def _changed(a: Sequence[Row], b: Sequence[Row]) -> list[dict[str, Any]]:
    pairs = [
        (abs(_badness(right_) - _badness(left)), left, right_)
        for left, right_ in zip(a, b, strict=True)
        if left["hypothesis"] != right_["hypothesis"]
    ]
    pairs.sort(key=lambda pair: -pair[0])  # stable: of equals, the first in the data
    return [
        {
            "id": left["id"], "reference": left["reference"],
            "a": left["hypothesis"], "b": right_["hypothesis"],
            "errors_a": _errors(left), "errors_b": _errors(right_),
        }
        for _, left, right_ in pairs[:_MOST]
    ]  # fmt: skip


def _errors(row: Row) -> int:
    if "words" in row:
        return int(row["substitutions"] + row["deletions"] + row["insertions"])
    return int(not right(row))


def _badness(row: Row) -> float:
    """Errors of a transcript; of a label, what probability the right one lacks."""
    if "words" in row:
        return _errors(row)
    return 1 - float(row["probabilities"].get(row["reference"], 0))


def _better(metric: str, rate: dict[str, Any], test: dict[str, Any]) -> str | None:
    low, high = rate["interval"]
    if test["p"] >= LEVEL or low <= 0 <= high:
        return None
    return "b" if (high < 0) == (metric in _LOWER_IS_BETTER) else "a"


def _verdict(
    metric: str, rate: dict[str, Any], test: dict[str, Any], better: str | None,
    a: Sequence[Row], b: Sequence[Row],
) -> str:  # fmt: skip
    if all(left["hypothesis"] == right_["hypothesis"] for left, right_ in zip(a, b, strict=True)):
        return "no difference: A and B recognised the same in every utterance"
    low, high = (100 * bound for bound in rate["interval"])
    evidence = (
        f"difference {100 * rate['difference']:+.2f} points, 95 % interval {low:+.2f} to "
        f"{high:+.2f}; {test['name']} p = {test['p']:.2g}"
    )
    if better is None:
        told = f"{metric} {100 * rate['a']:.2f} % for A and {100 * rate['b']:.2f} % for B"
        return f"no evidence of a difference ({told}; {evidence})"
    worse = "a" if better == "b" else "b"
    return (
        f"{better.upper()} is better: {metric} {100 * rate[better]:.2f} % against "
        f"{100 * rate[worse]:.2f} % ({evidence})"
    )
