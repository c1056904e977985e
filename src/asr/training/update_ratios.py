"""How much a step of the optimiser changes each layer, as a share of its weights."""

from statistics import median
from typing import Any

import torch
from torch import Tensor, nn


class UpdateRatios:
    """Norm of the update over norm of the weights, by layer, at the steps that are looked at.

    Biases and normalisation are left out: they begin at 0 or 1, whatever their scale will be.

    Attributes:
        highest: the largest median over the layers of any step.
        path: the medians of all steps added up, the most that a layer in the middle can have
            moved, as a share of its norm; a step that was not looked at counts as the next one
            that was.
        grown: norm of the weights of a layer in the middle, in terms of what it was at first.
    """

    def __init__(self) -> None:
        self.last: dict[str, float] = {}
        self.peak: dict[str, float] = {}
        self.highest = self.path = 0.0
        self.grown = 1.0
        self._first: dict[str, float] = {}  # norms
        self._until = 0  # steps that the path has
        self._before: list[Tensor] = []
        self._weights: dict[str, nn.Parameter] = {}

    def start(self, model: nn.Module) -> None:
        """Note the layers of a model that is about to be trained, or trained on."""
        self._weights = {
            name.removesuffix(".weight"): weight
            for name, weight in model.named_parameters()
            if weight.ndim > 1 and weight.requires_grad
        }
        if not self._first and self._weights:
            norms = torch.stack(torch._foreach_norm(list(self._weights.values())))
            self._first = dict(zip(self._weights, norms.tolist(), strict=True))

    def begin(self) -> None:
        """Remember the weights before a step."""
        self._before = [weight.detach().clone() for weight in self._weights.values()]

    def end(self, step: int) -> list[float]:
        """Measure after it; returns least, median and greatest, or nothing if it was left out.

        Args:
            step: its number, from 1.
        """
        before, self._before = self._before, []
        if not before:
            return []
        norms = torch.stack(torch._foreach_norm(before))
        torch._foreach_sub_(before, [weight.detach() for weight in self._weights.values()])
        changes = torch.stack(torch._foreach_norm(before))
        sizes, ratios = torch.stack([norms, changes / norms.clamp_min(1e-12)]).tolist()
        found: list[float] = ratios
        if not any(found):
            return []
        first = self._first.values()
        self.grown = median(now / max(then, 1e-12) for now, then in zip(sizes, first, strict=True))
        self.last = dict(zip(self._weights, found, strict=True))
        self.peak = {name: max(self.peak.get(name, 0.0), r) for name, r in self.last.items()}
        middle = median(found)
        self.highest = max(self.highest, middle)
        self.path += middle * (step - self._until)
        self._until = step
        return [min(found), middle, max(found)]

    def table(self) -> dict[str, dict[str, float]]:
        """For each layer the ratio of the last step that was looked at, and the highest."""
        return {name: {"last": r, "highest": self.peak[name]} for name, r in self.last.items()}

    def state(self) -> dict[str, Any]:
        """All of it, as plain values."""
        return {
            "last": self.last, "peak": self.peak, "highest": self.highest, "path": self.path,
            "until": self._until, "first": self._first, "grown": self.grown,
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from :meth:`state`."""
        self.last, self.peak = dict(state["last"]), dict(state["peak"])
        self.highest, self.path, self._until = state["highest"], state["path"], state["until"]
        self._first, self.grown = dict(state["first"]), state["grown"]
