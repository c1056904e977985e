"""NovoGrad (Ginsburg et al., 2019, https://arxiv.org/abs/1905.11286), algorithm 1."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


class NovoGrad(Optimizer):
    """Adam with one second moment for each layer, and weight decay apart from the gradient.

    Args:
        lr: learning rate.
        betas: decay of the first moment and of the layer-wise second moment.
        eps: added to the norm.
        weight_decay: added to the normalised gradient, as the paper does.

    Raises:
        ValueError: a value is out of range.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        betas: tuple[float, float] = (0.95, 0.5),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        if lr < 0 or weight_decay < 0 or not all(0 <= beta < 1 for beta in betas):
            raise ValueError(
                "need lr >= 0, weight_decay >= 0 and betas of 0 up to below 1, "
                f"got {lr:g}, {weight_decay:g} and {betas}"
            )
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        )

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, parameter.grad, group)
        return loss

    def _update(self, parameter: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        first, second = group["betas"]
        state = self.state[parameter]
        square = grad.square().sum()
        if not state:
            state["second"] = square
            state["momentum"] = torch.zeros_like(parameter)
        else:
            state["second"] = second * state["second"] + (1 - second) * square
        direction = grad / (state["second"].sqrt() + group["eps"])
        if group["weight_decay"]:
            direction = direction.add(parameter, alpha=group["weight_decay"])
        momentum = state["momentum"].mul_(first)
        # The first step has no momentum to decay, so it takes the whole direction.
        momentum.add_(direction)
        parameter.add_(momentum, alpha=-group["lr"])
