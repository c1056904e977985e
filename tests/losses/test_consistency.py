import torch
from hypothesis import given
from hypothesis import strategies as st

from asr.losses.consistency import disagreement


def _views(batch: int, classes: int, time: int) -> torch.Tensor:
    return torch.randn(2 * batch, classes, time, dtype=torch.float64)


@given(st.integers(1, 3), st.integers(2, 4), st.integers(1, 4))
def test_it_is_half_of_both_divergences_summed_over_frames(
    batch: int, classes: int, time: int
) -> None:
    log_p = _views(batch, classes, time).log_softmax(dim=1)
    p = log_p.exp().tolist()

    found = disagreement(log_p)

    for i in range(batch):
        one, other = p[i], p[batch + i]
        total = 0.0
        for c in range(classes):
            for t in range(time):
                ratio = torch.tensor(one[c][t] / other[c][t]).log().item()
                total += (one[c][t] - other[c][t]) * ratio / 2
        assert abs(found[i].item() - total) < 1e-5


def test_equal_views_agree_and_teach_nothing() -> None:
    logits = torch.randn(2, 4, 5).repeat(2, 1, 1).requires_grad_()

    apart = disagreement(logits.log_softmax(dim=1))
    apart.sum().backward()

    assert apart.tolist() == [0, 0]
    assert logits.grad is not None
    assert logits.grad.abs().max() < 1e-6


def test_each_view_moves_towards_the_other_as_to_a_fixed_target() -> None:
    logits = _views(1, 3, 4).requires_grad_()
    p, q = logits.detach().softmax(dim=1)

    disagreement(logits.log_softmax(dim=1)).sum().backward()

    # Of the divergence from a fixed target, the gradient is what the view has too much.
    expected = torch.stack([(p - q) / 2, (q - p) / 2])
    torch.testing.assert_close(logits.grad, expected)
