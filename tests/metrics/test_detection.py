import numpy as np
import pytest

from asr.metrics.detection import curve, curves


def _drawn(seed: int, count: int = 60) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    random = np.random.default_rng(seed)
    targets = random.integers(0, 2, count).astype(float)
    return random.normal(targets, 1).round(1), targets  # rounded, so that some are equal


@pytest.mark.parametrize("seed", range(5))
def test_the_area_is_the_share_of_pairs_in_which_the_target_scores_higher(seed: int) -> None:
    scores, targets = _drawn(seed)
    pairs = [
        1.0 if target > other else 0.5 if target == other else 0.0
        for target in scores[targets == 1]
        for other in scores[targets == 0]
    ]

    found = curve(scores, targets)

    assert found is not None
    assert found.area == pytest.approx(np.mean(pairs))


@pytest.mark.parametrize("seed", range(5))
def test_each_point_is_what_its_threshold_accepts(seed: int) -> None:
    scores, targets = _drawn(seed)

    found = curve(scores, targets)

    assert found is not None
    for threshold, alarm, miss in zip(*found[:3], strict=True):
        accepted = scores >= threshold
        assert alarm == pytest.approx(accepted[targets == 0].mean())
        assert miss == pytest.approx(1 - accepted[targets == 1].mean())


def test_the_equal_error_rate_lies_where_the_curve_crosses() -> None:
    scores, targets = np.array([0.9, 0.8, 0.7, 0.6]), np.array([1.0, 0.0, 1.0, 0.0])
    chance = curve(np.zeros(10), np.array([1.0, 0.0] * 5))
    crossing, perfect = curve(scores, targets), curve(scores, np.array([1.0, 1, 0, 0]))

    assert chance is not None
    assert crossing is not None
    assert perfect is not None
    assert (chance.area, chance.equal_error_rate) == (0.5, 0.5)
    assert crossing.equal_error_rate == 0.5
    assert (perfect.area, perfect.equal_error_rate) == (1, 0)


def test_a_label_without_targets_or_others_has_no_curve() -> None:
    found = curves(["a", "a"], [{"a": 0.9, "b": 0.1}] * 2, ["a", "b"])

    assert found == {}


def test_json_has_the_ends_and_no_more_than_200_points() -> None:
    found = curve(np.arange(1000.0), np.arange(1000) % 3 == 0)

    assert found is not None
    told = found.to_json()
    assert len(told["miss"]) == 200
    assert (told["miss"][0], told["false_alarm"][-1]) == (1, 1)
