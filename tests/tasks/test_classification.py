import math

import pytest
import torch

from asr.data.batch import Batch
from asr.padded import Padded, pad
from asr.tasks.classification import Classification
from asr.text.labels import Labels

LABELS = Labels(["cat", "dog", "owl"], counts=[1, 2, 3])


def _batch(*labels: str) -> Batch:
    tokens = pad([torch.tensor(LABELS.encode(label), dtype=torch.long) for label in labels])
    size = len(labels)
    return Batch(
        pad([torch.zeros(1, 1)] * size),
        tokens,
        torch.zeros(size),
        labels,
        labels,
        tuple(range(size)),
    )


def _logits(values: torch.Tensor) -> Padded:
    return Padded(values[..., None], torch.ones(len(values), dtype=torch.long))


def test_the_loss_is_cross_entropy() -> None:
    values = torch.randn(2, 3)
    expected = -(values[0].log_softmax(0)[1] + values[1].log_softmax(0)[2]) / 2
    torch.testing.assert_close(
        Classification(LABELS).loss(_logits(values), _batch("dog", "owl")), expected
    )


def test_balanced_weights_give_every_class_the_same_say() -> None:
    task = Classification(LABELS, class_weights="balanced")
    every = _batch(*["cat"] * 1, *["dog"] * 2, *["owl"] * 3)
    values = torch.randn(3, 3)[torch.tensor([0, 1, 1, 2, 2, 2])]
    by_class = [-values[row].log_softmax(0)[token] for row, token in [(0, 0), (1, 1), (3, 2)]]
    torch.testing.assert_close(task.loss(_logits(values), every), torch.stack(by_class).mean())


def test_weights_are_given_by_name() -> None:
    task = Classification(LABELS, class_weights={"dog": 3.0})
    values = torch.randn(2, 3)
    losses = [-values[0].log_softmax(0)[0], -3 * values[1].log_softmax(0)[1]]
    torch.testing.assert_close(task.loss(_logits(values), _batch("cat", "dog")), sum(losses) / 4)
    with pytest.raises(ValueError, match="labels that do not occur: \\['dgo'\\]"):
        Classification(LABELS, class_weights={"dgo": 1.0})


def test_label_smoothing_spreads_the_target() -> None:
    values = torch.tensor([[100.0, 0.0, 0.0]])
    loss = Classification(LABELS, label_smoothing=0.3).loss(_logits(values), _batch("cat"))
    assert loss.item() == pytest.approx(0.2 * 100, rel=1e-3)


def test_a_label_unseen_in_training_is_scored_but_not_learnt() -> None:
    task = Classification(LABELS)
    values = torch.randn(2, 3)
    seen = task.loss(_logits(values[:1]), _batch("cat"))
    assert math.isclose(task.loss(_logits(values), _batch("cat", "cow")), seen, rel_tol=1e-6)
    assert task.loss(_logits(values[:1]), _batch("cow")) == 0


def test_the_most_probable_label_is_predicted() -> None:
    values = torch.tensor([[0.0, 1.0, 0.5], [3.0, 1.0, 0.5]])
    assert Classification(LABELS).predict(_logits(values)) == ["dog", "cat"]


@pytest.mark.parametrize("options", [{"label_smoothing": 1.0}, {"dropout": 1.0}, {"dropout": -0.1}])
def test_values_out_of_range_are_refused(options) -> None:
    with pytest.raises(ValueError, match="must be 0 up to below 1"):
        Classification(LABELS, **options)
