import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchmetrics import Metric

from asr.metrics.confusion import Accuracy, Confusion, MacroF1, accuracy, macro_f1, per_class

LABELS = ["no", "yes", "up", "down"]
PAIRS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from([*LABELS, "new"])), max_size=12)
Pairs = list[tuple[str, str]]


@given(pairs=PAIRS)
def test_a_cell_counts_how_often_a_reference_got_a_prediction(pairs: Pairs) -> None:
    matrix = _updated(Confusion(LABELS), pairs).compute()

    for row, reference in enumerate([*LABELS, "new"]):
        for column, hypothesis in enumerate(LABELS):
            assert matrix[row, column] == pairs.count((hypothesis, reference))


@given(pairs=PAIRS)
def test_accuracy_is_the_part_of_equal_pairs(pairs: Pairs) -> None:
    right = sum(hypothesis == reference for hypothesis, reference in pairs)

    assert float(_updated(Accuracy(LABELS), pairs).compute()) == pytest.approx(
        right / len(pairs) if pairs else 0
    )


@given(pairs=PAIRS)
def test_macro_f1_is_the_mean_over_the_classes_that_occur(pairs: Pairs) -> None:
    scores = [_scores(label, pairs)[2] for label in sorted({x for pair in pairs for x in pair})]

    assert float(_updated(MacroF1(LABELS), pairs).compute()) == pytest.approx(
        sum(scores) / len(scores) if scores else 0
    )


@given(pairs=PAIRS)
def test_scores_of_each_class_are_those_of_its_pairs(pairs: Pairs) -> None:
    found = per_class(_updated(Confusion(LABELS), pairs).compute())

    for i, label in enumerate(LABELS):
        precision, recall, f1 = _scores(label, pairs)
        assert float(found.precision[i]) == pytest.approx(precision)
        assert float(found.recall[i]) == pytest.approx(recall)
        assert float(found.f1[i]) == pytest.approx(f1)
        assert found.references[i] == sum(reference == label for _, reference in pairs)


def test_scores_worked_out_by_hand() -> None:
    matrix = torch.tensor([[3, 1, 0], [1, 2, 0], [0, 0, 0]])  # the third class never occurs

    assert float(accuracy(matrix)) == pytest.approx(5 / 7)
    assert per_class(matrix).precision.tolist() == pytest.approx([3 / 4, 2 / 3, 0])
    assert per_class(matrix).recall.tolist() == pytest.approx([3 / 4, 2 / 3, 0])
    assert float(macro_f1(matrix)) == pytest.approx((3 / 4 + 2 / 3) / 2)


def test_references_outside_the_labels_are_errors_counted_apart() -> None:
    pairs = [("no", "no"), ("no", "new"), ("yes", "newer")]

    matrix = _updated(Confusion(LABELS), pairs).compute()

    assert matrix[-1].tolist() == [1, 1, 0, 0]
    assert float(accuracy(matrix)) == pytest.approx(1 / 3)
    assert per_class(matrix).references.tolist() == [1, 0, 0, 0]
    # no: 2/3, predicted twice and right once; yes: 0; the unseen together: 0
    assert float(macro_f1(matrix)) == pytest.approx(2 / 3 / 3)


def test_a_class_that_is_only_predicted_takes_part_in_macro_f1() -> None:
    assert _updated(MacroF1(LABELS), [("no", "no"), ("yes", "no")]).compute() == pytest.approx(
        (2 / 3 + 0) / 2
    )


@pytest.mark.parametrize("kind", [Confusion, Accuracy, MacroF1])
@given(pairs=PAIRS, cut=st.integers(0, 12))
def test_metrics_of_two_processes_merge_into_that_of_all_pairs(
    kind: type[Confusion], pairs: Pairs, cut: int
) -> None:
    first, second = _updated(kind(LABELS), pairs[:cut]), _updated(kind(LABELS), pairs[cut:])

    first.merge_state(second)

    assert torch.equal(first.compute(), _updated(kind(LABELS), pairs).compute())
    assert first.matrix.dtype == torch.int64
    assert first._reductions["matrix"] is not None


def test_one_step_and_the_whole_epoch_are_counted_apart() -> None:
    metric = _updated(Accuracy(LABELS), [("no", "yes")])

    step = metric(["no"], ["no"])

    assert step == 1
    assert metric.compute() == 0.5


@pytest.mark.parametrize("labels", [[], ["no", "no"]])
@pytest.mark.parametrize("kind", [Confusion, Accuracy, MacroF1])
def test_labels_that_are_not_distinct_are_refused(kind: type[Confusion], labels: list[str]) -> None:
    with pytest.raises(ValueError, match="labels must be one or more, all different"):
        kind(labels)


def test_a_prediction_outside_the_labels_is_refused() -> None:
    with pytest.raises(ValueError, match=r"predictions must be among .*, got \['new'\]"):
        Confusion(LABELS).update(["new"], ["no"])


def _updated(metric: Metric, pairs: Pairs) -> Metric:
    metric.update([h for h, _ in pairs], [r for _, r in pairs])
    return metric


def _scores(label: str, pairs: Pairs) -> tuple[float, float, float]:
    """Precision, recall and F1 from their definitions."""
    right = sum(h == r == label for h, r in pairs)
    predicted = sum(h == label for h, _ in pairs)
    references = sum(r == label for _, r in pairs)
    precision = right / predicted if predicted else 0.0
    recall = right / references if references else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return precision, recall, f1
