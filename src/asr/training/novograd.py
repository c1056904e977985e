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
            learning = [p for p in group["params"] if p.grad is not None]
            if learning:
                self._update(learning, [p.grad for p in learning], group)
        return loss

    def _update(self, parameters: list[Tensor], grads: list[Tensor], group: dict[str, Any]) -> None:
        first, second = group["betas"]
        squares = torch._foreach_pow(torch._foreach_norm(grads), 2)
        states = [self.state[parameter] for parameter in parameters]
        for state, parameter, square in zip(states, parameters, squares, strict=True):
            if not state:
                state["second"] = square
                state["momentum"] = torch.zeros_like(parameter)
        seconds = [state["second"] for state in states]
        momenta = [state["momentum"] for state in states]
        torch._foreach_lerp_(seconds, squares, 1 - second)  # of the first step, the square itself
        norms = torch._foreach_sqrt(seconds)
        torch._foreach_add_(norms, group["eps"])
        # The first step has no momentum to decay, so it takes the whole direction.
        torch._foreach_mul_(momenta, first)
        torch._foreach_addcdiv_(momenta, grads, norms)
        if group["weight_decay"]:
            torch._foreach_add_(momenta, parameters, alpha=group["weight_decay"])
        torch._foreach_add_(parameters, momenta, alpha=-group["lr"])
