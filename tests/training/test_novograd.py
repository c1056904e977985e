from typing import Any

import pytest
import torch
from torch import Tensor, nn

from asr.training.novograd import NovoGrad

SHAPES = [(4, 3, 5), (4,), (), (2, 4, 1)]


def _one_by_one(
    parameter: Tensor, grad: Tensor, state: dict[str, Tensor], group: dict[str, Any]
) -> None:
    """Algorithm 1 for one layer, as it stands in the paper."""
    first, second = group["betas"]
    square = grad.square().sum()
    before = state.get("second", square)
    state["second"] = second * before + (1 - second) * square
    direction = grad / (state["second"].sqrt() + group["eps"]) + group["weight_decay"] * parameter
    state["momentum"] = first * state.get("momentum", torch.zeros_like(parameter)) + direction
    parameter -= group["lr"] * state["momentum"]


@pytest.mark.parametrize("weight_decay", [0.0, 1e-2])
def test_all_layers_at_once_are_layers_one_by_one(weight_decay: float) -> None:
    draw = torch.Generator().manual_seed(1)
    ours = [nn.Parameter(torch.randn(shape, generator=draw)) for shape in SHAPES]
    theirs = [parameter.detach().clone() for parameter in ours]
    groups = [
        {"params": ours[:2], "weight_decay": weight_decay},
        {"params": ours[2:], "lr": 0.03, "betas": (0.8, 0.25)},
    ]
    optimizer = NovoGrad(groups, lr=0.1, betas=(0.95, 0.5))
    states: list[dict[str, Tensor]] = [{} for _ in ours]
    for step in range(6):
        for i, parameter in enumerate(ours):
            parameter.grad = None  # of the last, in the first two steps; of another, in one later
            if (i, step) not in ((3, 0), (3, 1), (1, 3)):
                parameter.grad = torch.randn(parameter.shape, generator=draw) * 10 ** (i - 1)
                group = optimizer.param_groups[i // 2]
                _one_by_one(theirs[i], parameter.grad, states[i], group)
        optimizer.step()
        torch.testing.assert_close([p.detach() for p in ours], theirs)
    for parameter, state in zip(ours, states, strict=True):
        torch.testing.assert_close(dict(optimizer.state[parameter]), state)


def test_a_step_leaves_gradients_as_they_are() -> None:
    parameter = nn.Parameter(torch.ones(3))
    parameter.grad = torch.tensor([1.0, 2.0, 2.0])
    NovoGrad([parameter], weight_decay=0.1).step()
    assert parameter.grad.tolist() == [1, 2, 2]


def test_what_has_no_gradient_stays_and_has_no_state() -> None:
    parameter = nn.Parameter(torch.ones(3))
    optimizer = NovoGrad([parameter])
    optimizer.step()
    assert parameter.tolist() == [1, 1, 1]
    assert not optimizer.state
