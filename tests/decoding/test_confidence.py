import pytest
import torch

from asr.decoding.confidence import confidence


def _logits(rows: list[list[float]]) -> torch.Tensor:
    """Logits ``(classes, frames)`` with these posteriors in each frame."""
    return torch.tensor(rows).log().T


def test_it_is_the_geometric_mean_over_tokens() -> None:
    logits = _logits([[0.9, 0.05, 0.05], [0.1, 0.1, 0.8], [0.1, 0.4, 0.5]])
    # a, blank, blank is no path of "ab": it is a, blank, b.
    assert confidence(logits, [0, 1], 2) == pytest.approx((0.9 * 0.4) ** 0.5, rel=1e-5)


def test_silence_is_as_sure_as_its_blanks() -> None:
    assert confidence(_logits([[0.1, 0.9], [0.6, 0.4]]), [], 1) == pytest.approx(0.6)


@pytest.mark.parametrize("tokens", [[0, 0], [0, 0, 0]])
def test_what_cannot_be_aligned_has_no_confidence(tokens: list[int]) -> None:
    assert confidence(torch.zeros(3, 2), tokens, 2) == 0


def test_it_is_a_share() -> None:
    for seed in range(20):
        logits = 5 * torch.randn(4, 12, generator=torch.Generator().manual_seed(seed))
        assert 0 <= confidence(logits, [0, 1, 0], 3) <= 1
