"""What follows from the utterances of an evaluation: intervals, slices, calibration."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from asr.evaluation.measures import (
    RESAMPLES,
    SEED,
    Row,
    blocked,
    intervals,
    is_transcripts,
    macro_f1_interval,
    measures,
    right,
)
from asr.evaluation.slices import slices
from asr.metrics.calibration import expected_calibration_error, reject_below, reliability
from asr.metrics.detection import curves


def analysis(
    rows: Sequence[Row], columns: Sequence[str] = (), precision: float = 0.95
) -> dict[str, Any]:
    """The parts of ``summary.json`` that are computed from ``utterances.jsonl``.

    Args:
        columns: to slice by, beside speaker, gender and duration.
        precision: that what is not rejected should have, a share.

    Raises:
        InputError: no utterance has such a column.
    """
    blocks = blocked(rows)
    bounds = intervals(measures(rows), blocks)
    methods = dict.fromkeys(bounds, "bootstrap")
    if not is_transcripts(rows):
        methods = {"accuracy": "wilson" if blocks.by == "utterance" else "bootstrap"}
        bounds["macro_f1"], methods["macro_f1"] = macro_f1_interval(rows, blocks), "bootstrap"
    return {
        "intervals": {name: list(bound) for name, bound in bounds.items()},
        "interval": {
            "level": 0.95, "blocked_by": blocks.by, "blocks": blocks.total,
            "resamples": RESAMPLES, "seed": SEED, "methods": methods,
        },
        "slices": slices(rows, columns),
        "calibration": calibration(rows, precision),
    }  # fmt: skip


def detection(rows: Sequence[Row]) -> dict[str, Any] | None:
    """How well each label is told from all others, as ``roc.json`` holds it; of labels only."""
    if is_transcripts(rows):
        return None
    found = curves(
        [row["reference"] for row in rows], [row["probabilities"] for row in rows],
        list(rows[0]["probabilities"]),
    )  # fmt: skip
    return {label: told.to_json() for label, told in found.items()}


def calibration(rows: Sequence[Row], precision: float = 0.95) -> dict[str, Any] | None:
    """How far confidences are from the share that is right; ``None`` where there are none.

    An utterance is right where all of it is.
    """
    name = "confidence" if is_transcripts(rows) else "probability"
    told = [row.get(name) for row in rows]
    if None in told:
        return None
    confidence = np.array(told, np.float64)
    correct = np.array([right(row) for row in rows], np.float64)
    bins = reliability(confidence, correct)
    return {
        "of": name,
        "expected_calibration_error": expected_calibration_error(bins),
        "bins": [each._asdict() for each in bins],
        "reject": reject_below(confidence, correct, precision),
    }
