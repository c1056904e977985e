import numpy as np
import pytest

from asr.errors import InputError
from asr.evaluation.analysis import calibration
from asr.evaluation.measures import blocked, intervals, macro_f1_interval, measures
from asr.evaluation.slices import sliced, slices
from asr.metrics.bootstrap import interval
from asr.metrics.confusion import MacroF1
from asr.metrics.wilson import wilson
from tests.evaluation.rows import label, transcript


def test_the_interval_of_macro_f1_is_that_of_the_metric_over_the_same_draws(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("asr.evaluation.measures.RESAMPLES", 200)
    random = np.random.default_rng(0)
    rows = [
        label(k, str(random.choice(["a", "b", "z"])), random.dirichlet([1, 1]).tolist())
        for k in range(30)
    ]

    found = macro_f1_interval(rows, blocked(rows))

    scores = []
    for drawn in np.random.default_rng(0).integers(0, 30, (200, 30)).tolist():
        metric = MacroF1(["a", "b"])
        metric.update([rows[k]["hypothesis"] for k in drawn], [rows[k]["reference"] for k in drawn])
        scores.append(float(metric.compute()))
    assert found == pytest.approx(interval(np.array(scores)))
    assert 0 < found[0] < found[1] < 1


def test_an_accuracy_is_blocked_by_speaker_where_there_are_some() -> None:
    alone = [label(k, "a", (0.9, 0.1)) for k in range(10)]
    known = [label(k, "a", (0.9, 0.1) if k % 2 else (0.1, 0.9), "xy"[k % 2]) for k in range(10)]

    assert intervals(measures(alone), blocked(alone))["accuracy"] == wilson(10, 10)
    assert intervals(measures(known), blocked(known))["accuracy"] == (0.0, 1.0)


def test_wilson_holds_what_it_promises() -> None:
    """Of all outcomes of 40 draws, those whose interval holds the truth have about 95 %."""
    random = np.random.default_rng(1)
    for share in (0.1, 0.5, 0.97):
        drawn = random.binomial(40, share, 4000)
        held = [low <= share <= high for low, high in (wilson(int(k), 40) for k in drawn)]
        assert 0.91 < np.mean(held) < 0.99


def test_durations_fall_into_bins_in_order_and_numbers_into_quarters() -> None:
    lengths = [0.5, 1.0, 3.0, 4.9, 70.0, 25.0, 12.0, 8.0]
    rows = [
        transcript(k, "a", "a", seconds=lengths[k % 8], extras={"age": k, "fold": k % 3})
        for k in range(16)
    ]

    found = sliced(rows, ["age", "fold"])

    assert {name: len(part) for name, part in found["duration"].items()} == {
        "0 to 1 s": 2, "1 to 2 s": 2, "2 to 5 s": 4, "5 to 10 s": 2, "10 to 20 s": 2, "from 20 s": 4
    }  # fmt: skip
    assert list(found["duration"])[-1] == "from 20 s"
    assert [len(part) for part in found["age"].values()] == [4, 4, 4, 4]
    assert list(found["fold"]) == ["0", "1", "2"]
    for values in found.values():
        assert sorted(row for part in values.values() for row in part) == list(range(16))


def test_what_has_no_value_is_a_slice_of_its_own() -> None:
    rows = [transcript(1, "a", "b", extras={"accent": "x"}), transcript(2, "a b", "a b")]

    found = slices(rows, ["accent"])["accent"]

    assert found["x"]["wer"] == 1
    assert found["(none)"] == {"utterances": 1, "words": 2, "wer": 0.0, "interval": [0.0, 0.0]}
    with pytest.raises(InputError, match="--slice room"):
        slices(rows, ["room"])


def test_confidences_of_transcripts_are_of_whole_utterances() -> None:
    rows = [transcript(1, "a b", "a b", confidence=0.9), transcript(2, "a b", "a", confidence=0.5)]

    found = calibration(rows, precision=1.0)

    assert found is not None
    assert found["expected_calibration_error"] == pytest.approx((0.1 + 0.5) / 2)
    assert found["reject"] == {"wanted": 1.0, "threshold": 0.9, "precision": 1.0, "kept": 0.5}
    assert calibration([transcript(1, "a", "a")]) is None
