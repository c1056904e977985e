import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from asr.losses.cross_entropy import soft_cross_entropy

SCORES = torch.linspace(-2, 3, 12).view(4, 3)[:, torch.tensor([1, 0, 2])]
LABELS = torch.tensor([0, 2, 1, 1])


@pytest.mark.parametrize("weight", [None, torch.tensor([1.0, 4.0, 0.5])])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_with_whole_targets_it_is_cross_entropy(
    weight: torch.Tensor | None, smoothing: float
) -> None:
    found = soft_cross_entropy(
        SCORES, F.one_hot(LABELS, 3).float(), weight=weight, label_smoothing=smoothing
    )

    expected = F.cross_entropy(SCORES, LABELS, weight=weight, label_smoothing=smoothing)
    torch.testing.assert_close(found, expected)


def test_with_shared_targets_it_is_cross_entropy_too() -> None:
    targets = torch.rand(4, 3).softmax(dim=1)

    found = soft_cross_entropy(SCORES, targets, label_smoothing=0.1)

    torch.testing.assert_close(found, F.cross_entropy(SCORES, targets, label_smoothing=0.1))


@given(st.floats(0.1, 5), st.floats(-6, 6))
def test_the_focus_is_on_what_is_missed(focus: float, score: float) -> None:
    p = 1 / (1 + math.exp(-score))
    scores = torch.tensor([[score, 0.0]], dtype=torch.float64)

    found = soft_cross_entropy(scores, torch.tensor([[1.0, 0.0]]), focus=focus)

    assert found.item() == pytest.approx(-((1 - p) ** focus) * math.log(p), rel=1e-5)


@pytest.mark.parametrize("focus", [0.5, 1.0, 2.0])
def test_certainty_has_a_finite_gradient(focus: float) -> None:
    scores = torch.tensor([[200.0, 0.0], [0.0, 200.0], [18.0, 0.0]], requires_grad=True)

    soft_cross_entropy(scores, torch.tensor([[1.0, 0.0]] * 3), focus=focus).backward()

    assert scores.grad is not None
    assert scores.grad.isfinite().all()
