"""A compiled encoder ended in an error: it asked a tensor in the graph for its base."""

import torch

from asr.models.conv_stack import ConvStack
from asr.padded import Padded


def test_a_compiled_stack_trains_as_it_does_without() -> None:
    pool = {"kind": "max", "kernel": 2}
    stack = ConvStack(
        4, [{"channels": 6, "kernels": [3], "pool": pool}, {"channels": 6, "kernels": [7]}]
    )
    x, lengths = torch.randn(2, 4, 24), torch.tensor([24, 18])

    def gradients() -> list[torch.Tensor]:
        stack.zero_grad()
        y = stack(Padded(x, lengths))
        y.values.masked_fill(~y.mask[:, None], 0).square().sum().backward()
        return [p.grad.clone() for p in stack.parameters()]

    plain = gradients()
    stack.compile(backend="aot_eager")
    torch.testing.assert_close(gradients(), plain)
