"""Whether confidences can be believed, and from which on they are to be acted upon."""

from typing import Any, NamedTuple

import numpy as np

from asr.metrics.bootstrap import Numbers


class Bin(NamedTuple):
    """Utterances of similar confidence.

    Attributes:
        low, high: confidences that fall in it, ``low`` excluded but for 0.
        utterances: how many did.
        confidence: their mean.
        accuracy: share of them that was right.
    """

    low: float
    high: float
    utterances: int
    confidence: float
    accuracy: float


def reliability(confidence: Numbers, right: Numbers, bins: int = 10) -> list[Bin]:
    """The bins of equal width that are not empty (Guo et al., 2017, section 2)."""
    number = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    return [
        Bin(
            k / bins, (k + 1) / bins, int(inside.sum()),
            float(confidence[inside].mean()), float(right[inside].mean()),
        )
        for k in range(bins)
        if (inside := number == k).any()
    ]  # fmt: skip


def expected_calibration_error(bins: list[Bin]) -> float:
    """Mean distance of confidence and accuracy, weighted by utterances; 0 to 1."""
    total = sum(each.utterances for each in bins)
    return sum(b.utterances * abs(b.confidence - b.accuracy) for b in bins) / max(total, 1)


def reject_below(confidence: Numbers, right: Numbers, precision: float) -> dict[str, Any]:
    """The least threshold at which the share that is right of what is kept reaches ``precision``.

    It is found on the same utterances that it is told of, so it flatters: choose it on one set,
    and trust what it does on another.

    Returns:
        ``threshold`` to keep confidences from, ``precision`` reached and ``kept``, a share;
        all ``None`` but for ``kept``, which is 0, where no threshold reaches it.
    """
    order = np.argsort(-confidence, kind="stable")
    ranked, correct = confidence[order], np.cumsum(right[order])
    reached = correct / np.arange(1, len(order) + 1)
    last: np.ndarray[Any, np.dtype[np.bool_]] = np.ones(len(order), np.bool_)
    last[:-1] = ranked[1:] != ranked[:-1]  # equal confidences are kept together
    good = np.flatnonzero(last & (reached >= precision))
    found: dict[str, Any] = {"wanted": precision, "threshold": None, "precision": None, "kept": 0.0}
    if len(good):
        place = int(good[-1])
        found["threshold"], found["precision"] = float(ranked[place]), float(reached[place])
        found["kept"] = (place + 1) / len(order)
    return found
