import math

import torch

from asr.losses.confidence import confidence
from asr.padded import Padded


def test_it_is_the_divergence_from_the_uniform_distribution_over_true_frames() -> None:
    log_p = torch.randn(2, 3, 4, dtype=torch.float64).log_softmax(dim=1)

    found = confidence(Padded(log_p, torch.tensor([4, 2])))

    for row, length in enumerate((4, 2)):
        total = sum(
            math.exp(log_p[row, c, t]) * (log_p[row, c, t].item() - math.log(1 / 3))
            for c in range(3)
            for t in range(length)
        )
        assert math.isclose(found[row].item(), total, rel_tol=1e-9)


def test_it_is_nothing_for_a_network_that_knows_nothing_and_most_for_one_that_is_certain() -> None:
    logits = torch.stack([torch.zeros(5, 2), torch.tensor([[100.0, 100]] + [[0, 0]] * 4)])

    found = confidence(Padded(logits.log_softmax(dim=1), torch.tensor([2, 2])))

    torch.testing.assert_close(found, torch.tensor([0, 2 * math.log(5)]), rtol=0, atol=1e-5)
