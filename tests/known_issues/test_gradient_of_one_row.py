"""Batch norm of one utterance, in evaluation: its gradient was wrong where it came out of a view.

PyTorch takes what lies in memory as ``(1, channels, 1, time)`` with channels last for something
else, if the stride of the only row is not what it expects.
"""

import torch

from asr.layers.norm import TimeBatchNorm
from asr.padded import Padded


def test_the_gradient_of_one_utterance_is_that_of_a_scale() -> None:
    norm = TimeBatchNorm(5).eval()
    norm.running_var.uniform_(0.5, 1.5)
    scale = (norm.weight / (norm.running_var + norm.eps).sqrt())[:, None]
    values, gradient = torch.randn(1, 5, 7), torch.randn(1, 5, 7)
    for x in (values, channels_last(values)):
        x.requires_grad_()
        y = norm(Padded(x, torch.tensor([7]))).values
        for wanted in (gradient, channels_last(gradient)):
            [found] = torch.autograd.grad(y, [x], wanted, retain_graph=True)
            torch.testing.assert_close(found, wanted * scale)


def channels_last(x: torch.Tensor) -> torch.Tensor:
    return x.transpose(1, 2).contiguous().transpose(1, 2).detach()
