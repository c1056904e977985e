"""Misses and false alarms of a detector over all thresholds."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from asr.metrics.bootstrap import Numbering, Numbers

_POINTS = 200


class Curve(NamedTuple):
    """What happens at each threshold: an utterance with a score from there on is accepted.

    The false alarms and misses are the points of a DET curve, and with ``1 - miss`` of a ROC.

    Attributes:
        threshold: descending; the first, infinite, accepts nothing.
        false_alarm: share of the others that is accepted.
        miss: share of the targets that is not.
        area: under the ROC curve, the probability that a target scores above another; ties
            count half (Hanley & McNeil, 1982).
        equal_error_rate: where the line between the two points around it has both alike.
    """

    threshold: Numbers
    false_alarm: Numbers
    miss: Numbers
    area: float
    equal_error_rate: float

    def to_json(self) -> dict[str, Any]:
        """With at most 200 points, evenly chosen."""
        count = len(self.threshold)
        kept = np.unique(np.linspace(0, count - 1, min(count, _POINTS)).round().astype(int))
        return {
            "area": self.area,
            "equal_error_rate": self.equal_error_rate,
            "threshold": self.threshold[kept].tolist(),
            "false_alarm": self.false_alarm[kept].tolist(),
            "miss": self.miss[kept].tolist(),
        }


def curve(scores: Numbers, targets: Numbers) -> Curve | None:
    """The curve of scores, given which of them are of targets (1) and which not (0).

    ``None`` where there are no targets, or nothing else.
    """
    positives = targets.sum()
    negatives = len(targets) - positives
    if not positives or not negatives:
        return None
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(targets[order])
    alarms = np.arange(1, len(order) + 1) - hits
    # Equal scores go together.
    last: Numbering = np.append(np.flatnonzero(np.diff(ranked)), len(order) - 1)
    false_alarm = np.concatenate([[0.0], alarms[last] / negatives])
    miss = np.concatenate([[1.0], 1 - hits[last] / positives])
    widths = np.diff(false_alarm)
    area = float((widths * (1 - (miss[1:] + miss[:-1]) / 2)).sum())
    threshold = np.concatenate([[np.inf], ranked[last]])
    return Curve(threshold, false_alarm, miss, area, _equal(false_alarm, miss))


def curves(
    references: Sequence[str], probabilities: Sequence[Mapping[str, float]], labels: Sequence[str]
) -> dict[str, Curve]:
    """The curve of each label against all others, of labels that have one."""
    found = {
        label: curve(
            np.array([each[label] for each in probabilities]),
            np.array([float(reference == label) for reference in references]),
        )
        for label in labels
    }
    return {label: told for label, told in found.items() if told is not None}


def _equal(false_alarm: Numbers, miss: Numbers) -> float:
    place = int(np.argmax(false_alarm >= miss))  # from 0 against 1 to 1 against 0, so not the first
    before, after = (float(miss[k] - false_alarm[k]) for k in (place - 1, place))
    part = before / (before - after)
    return float(false_alarm[place - 1] + part * (false_alarm[place] - false_alarm[place - 1]))
