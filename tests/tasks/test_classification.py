import math
from typing import Any

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


@pytest.mark.parametrize(
    "options",
    [{"class_weights": "balanced"}, {"label_smoothing": 0.1}, {"focal": 2.0}, {"mixup": 0.2},
     {"cutmix": 1.0}],
)  # fmt: skip
def test_the_doctor_can_know_what_wants_other_probabilities_than_labels_have(options) -> None:
    vocabulary = Labels(units=["a", "b"])
    assert Classification(vocabulary, **options).reweighs
    assert not Classification(vocabulary, consistency=1.0).reweighs


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


def _heard(*labels: str) -> Batch:
    """Waveforms of ten samples, which hold the number of the utterance and 1."""
    values = torch.arange(1.0, len(labels) + 1)[:, None, None].expand(-1, 1, 10).clone()
    lengths = torch.full((len(labels),), 10)
    return _batch(*labels)._replace(waveforms=Padded(values, lengths))


def test_nothing_is_mixed_where_nothing_is_asked_for() -> None:
    batch = _heard("cat", "dog")
    state = torch.get_rng_state()

    assert Classification(LABELS).prepare(batch) is batch
    assert torch.equal(torch.get_rng_state(), state)


def test_a_mixture_is_learnt_as_the_share_of_each_label() -> None:
    task = Classification(LABELS, mixup=1.0, class_weights={"owl": 2.0}, label_smoothing=0.1)
    batch = _heard("cat", "dog", "owl", "cat")

    shown = task.prepare(batch)

    assert shown.mixture is not None
    partner, share = shown.mixture
    own = batch.waveforms.values[:, 0, 0]
    expected = share * own + (1 - share) * own[partner]
    torch.testing.assert_close(shown.waveforms.values[:, 0, 0], expected)
    values = torch.randn(4, 3)
    log_p, weight = values.log_softmax(dim=1), torch.tensor([1.0, 1, 2])
    labels = batch.tokens.values[:, 0]
    total, weights = torch.zeros(()), torch.zeros(())
    for i in range(4):
        for part, token in ((share[i], labels[i]), (1 - share[i], labels[partner[i]])):
            smooth = (weight * log_p[i]).mean()
            total = total - part * (0.9 * weight[token] * log_p[i, token] + 0.1 * smooth)
            weights = weights + part * weight[token]
    torch.testing.assert_close(task.loss(_logits(values), shown), total / weights)


def test_with_both_each_batch_is_mixed_or_spliced() -> None:
    task = Classification(LABELS, mixup=1.0, cutmix=1.0)
    batch = _heard("cat", "dog", "owl")
    kinds = []
    for seed in range(40):
        torch.manual_seed(seed)
        values = task.prepare(batch).waveforms.values
        kinds.append(bool((values == values.round()).all()))  # a splice holds whole numbers
    assert 8 < sum(kinds) < 32


def test_a_mixture_with_an_unknown_label_is_not_learnt() -> None:
    task = Classification(LABELS, mixup=1.0)
    values = torch.randn(2, 3)

    assert task.loss(_logits(values), task.prepare(_heard("cat", "cow"))) == 0


def test_the_focal_loss_is_less_where_the_label_is_recognised() -> None:
    values = torch.tensor([[2.0, 0.0, 0.0]])
    p = values.softmax(dim=1)[0, 0]

    loss = Classification(LABELS, focal=2.0).loss(_logits(values), _batch("cat"))

    torch.testing.assert_close(loss, -((1 - p) ** 2) * p.log())


@pytest.mark.parametrize(
    "options",
    [{}, {"class_weights": "balanced"}, {"focal": 2.0}, {"mixup": 1.0, "label_smoothing": 0.1}],
)
def test_two_views_are_learnt_alike_and_to_agree(options: dict[str, Any]) -> None:
    plain, task = (
        Classification(LABELS, **options),
        Classification(LABELS, consistency=0.5, **options),
    )
    shown = task.prepare(_heard("cat", "cow", "dog", "owl", "dog"))
    first, second = torch.randn(2, 5, 3)
    both = _logits(torch.cat([first, second]))

    losses = [plain.loss(_logits(view), shown) for view in (first, second)]
    each = [plain.losses(_logits(view), shown) for view in (first, second)]
    known = shown.tokens.lengths > 0
    if shown.mixture is not None:
        known = known & known[shown.mixture.partner]
    p, q = (view[known].log_softmax(dim=1) for view in (first, second))
    apart = ((p.exp() - q.exp()) * (p - q)).sum(dim=1) / 2

    assert (plain.views, task.views) == (1, 2)
    torch.testing.assert_close(task.loss(both, shown), sum(losses) / 2 + 0.5 * apart.mean())
    torch.testing.assert_close(task.losses(both, shown), sum(each) / 2)
    alone = task.observe(_logits(first), shown)
    for found, wanted in zip(task.observe(both, shown), alone, strict=True):
        assert torch.equal(found, wanted)


@pytest.mark.parametrize("views", [1, 2])
@pytest.mark.parametrize("weights", [None, {"cat": 3.0, "owl": 0.5}])
@pytest.mark.parametrize("focal", [0.0, 2.0])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_an_unknown_label_changes_nothing_for_the_others(
    views: int, weights: dict[str, float] | None, focal: float, smoothing: float
) -> None:
    task = Classification(
        LABELS, class_weights=weights, focal=focal, label_smoothing=smoothing,
        consistency=views - 1.0,
    )  # fmt: skip
    values = torch.randn(views, 3, 3)
    values[:, 1] = torch.inf
    values.requires_grad_()
    known = torch.tensor([0, 2])

    loss = task.loss(_logits(values.flatten(0, 1)), _batch("owl", "cow", "cat"))
    alone = task.loss(_logits(values[:, known].flatten(0, 1)), _batch("owl", "cat"))

    torch.testing.assert_close(loss, alone)
    gradients = [torch.autograd.grad(each, [values])[0] for each in (loss, alone)]
    torch.testing.assert_close(*gradients)
    assert not gradients[0][:, 1].any()


def test_two_views_without_a_known_label_teach_nothing() -> None:
    task = Classification(LABELS, consistency=0.5)
    values = torch.randn(4, 3, requires_grad=True)

    task.loss(_logits(values), _heard("cow", "cow")).backward()

    assert not values.grad.any()
    assert task.losses(_logits(values), _heard("cow", "cow")).tolist() == [0, 0]


def test_a_weight_of_views_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="consistency must be a weight of 0 or more, got -1"):
        Classification(LABELS, consistency=-1)


@pytest.mark.parametrize("wrong", [{"focal": -1.0}, {"mixup": -0.1}, {"cutmix": math.inf}])
def test_parameters_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="focal, mixup and cutmix must be 0 or more"):
        Classification(LABELS, **wrong)  # type: ignore[arg-type]
