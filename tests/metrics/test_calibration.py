import numpy as np
import pytest

from asr.metrics.calibration import expected_calibration_error, reject_below, reliability


def test_bins_hold_what_a_loop_finds_in_them() -> None:
    random = np.random.default_rng(0)
    confidence = np.append(random.random(300), [0.0, 0.1, 1.0])
    right = (random.random(303) < confidence).astype(float)

    bins = reliability(confidence, right)

    error = 0.0
    assert sum(each.utterances for each in bins) == 303
    for each in bins:
        inside = [
            k for k, c in enumerate(confidence)
            if each.low < c <= each.high or (c == 0 and each.low == 0)
        ]  # fmt: skip
        assert each.utterances == len(inside)
        assert each.confidence == pytest.approx(np.mean(confidence[inside]))
        assert each.accuracy == pytest.approx(np.mean(right[inside]))
        error += len(inside) / 303 * abs(np.mean(confidence[inside]) - np.mean(right[inside]))
    assert expected_calibration_error(bins) == pytest.approx(error)
    assert error < 0.1


def test_confidence_that_is_always_wrong_has_the_greatest_error() -> None:
    bins = reliability(np.ones(5), np.zeros(5))

    assert [(each.low, each.high) for each in bins] == [(0.9, 1.0)]
    assert expected_calibration_error(bins) == 1
    assert expected_calibration_error([]) == 0


def test_the_threshold_keeps_as_many_as_the_precision_allows() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([1.0, 1.0, 0.0, 1.0, 0.0])

    assert reject_below(confidence, right, 0.75) == {
        "wanted": 0.75, "threshold": 0.6, "precision": 0.75, "kept": 0.8
    }  # fmt: skip
    assert reject_below(confidence, right, 1.0)["threshold"] == 0.8
    assert reject_below(confidence, 1 - right, 1.0) == {
        "wanted": 1.0, "threshold": None, "precision": None, "kept": 0.0
    }  # fmt: skip


def test_equal_confidences_are_kept_or_rejected_together() -> None:
    found = reject_below(np.array([0.5, 0.5, 0.5]), np.array([1.0, 0.0, 1.0]), 0.9)

    assert found["threshold"] is None
