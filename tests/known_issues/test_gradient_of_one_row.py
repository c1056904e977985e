"""Batch norm of one utterance, in evaluation: its gradient was wrong where it came out of a view.

PyTorch takes what lies in memory as ``(1, channels, 1, time)`` with channels last for something
else, if the stride of the only row is not what it expects.
"""

import pytest
import torch

from asr.layers.activation import Activation
from asr.layers.norm import TimeBatchNorm
from asr.models.grid_stack import GridStack
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


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("activation", ["relu", "silu", "hardtanh"])
def test_the_gradient_of_one_utterance_through_one_band_is_that_in_double_precision(
    activation: Activation, training: bool
) -> None:
    torch.manual_seed(0)
    stack = GridStack(
        1,
        [{"maps": 4, "kernels": [(1, 3)], "residual": False, "activation": activation}],
        [{"channels": 8, "kernels": [3], "norm": "none"}],
    ).train(training)
    values, weights = torch.randn(1, 1, 20), torch.randn(1, 8, 20)

    found, wanted = (
        gradient_of(stack.to(dtype), values.to(dtype), weights.to(dtype))
        for dtype in (torch.float32, torch.float64)
    )

    torch.testing.assert_close(found.double(), wanted, rtol=1e-3, atol=1e-3)


def gradient_of(stack: GridStack, values: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    x = values.clone().requires_grad_()
    y = stack(Padded(x, torch.tensor([values.shape[-1]]))).values
    return torch.autograd.grad(y, [x], weights)[0]


def channels_last(x: torch.Tensor) -> torch.Tensor:
    return x.transpose(1, 2).contiguous().transpose(1, 2).detach()
