"""What an optimiser treats alike: the same learning rate, and decay or none."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from torch import nn
from torch.optim import Optimizer

from asr.models.acoustic import AcousticModel
from asr.training.patterns import matching

FACTOR = "lr_factor"  # key of a group: its part of the optimiser's own rate


def rate_factors(
    model: AcousticModel, factors: Mapping[str, float], decay: float = 1.0
) -> dict[str, float]:
    """For each parameter that is trained the factor of the optimiser's learning rate.

    Args:
        factors: by pattern; of those that match the first counts, and where none does it is 1.
        decay: a further factor for each layer that lies between a parameter and the head
            (Howard and Ruder, 2018, section 3.2, https://arxiv.org/abs/1801.06146).

    Raises:
        InputError: a pattern matches nothing.
    """
    names = [name for name, _ in model.named_parameters()]
    chosen = dict.fromkeys(names, 1.0)
    for pattern, factor in reversed(list(factors.items())):
        for name in matching(pattern, names, "finetune.learning_rates"):
            chosen[name] = factor
    depth = _depths(model)
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    return {name: chosen[name] * decay ** depth(name) for name in names if name in trained}


def parameter_groups(
    parameters: Iterable[tuple[str, nn.Parameter]],
    optimizer: Callable[..., Optimizer],
    factors: Mapping[str, float],
) -> list[dict[str, Any]]:
    """Weights, which decay, and biases and normalisation, which have no reason to, by factor.

    Args:
        parameters: with their names, in the order in which a resumed run looks for them.
        optimizer: as the config says it, with its learning rate and its weight decay.
        factors: of the learning rate, by the name of the parameter; 1 where there is none.
    """
    weight_decay = _argument(optimizer, "weight_decay")
    groups: dict[tuple[float, bool], dict[str, Any]] = {}
    for name, parameter in parameters:
        if not parameter.requires_grad:
            continue
        factor, decays = factors.get(name, 1.0), parameter.ndim > 1
        group = {"params": [], "weight_decay": weight_decay if decays else 0.0}
        if factor != 1:
            group |= {"lr": _argument(optimizer, "lr") * factor, FACTOR: factor}
        groups.setdefault((factor, decays), group)["params"].append(parameter)
    # Within one factor the weights come first, in which order a resumed run looks for them.
    firsts = list(dict.fromkeys(factor for factor, _ in groups))
    order = sorted(groups, key=lambda key: (firsts.index(key[0]), not key[1]))
    return [groups[key] for key in order]


def _depths(model: AcousticModel) -> Callable[[str], int]:
    layers = [f"encoder.{name}." for name, _ in model.encoder.named_children()]  # type: ignore[attr-defined]

    def depth(name: str) -> int:
        if name.startswith("head."):
            return 0
        below = [len(layers) - i for i, layer in enumerate(layers) if name.startswith(layer)]
        return below[0] if below else len(layers) + 1

    return depth


def _argument(optimizer: Callable[..., Optimizer], name: str) -> float:
    """The number that its config gives, or its own default; 0 where it takes no such argument."""
    parameter = inspect.signature(optimizer).parameters.get(name)
    return 0.0 if parameter is None else float(parameter.default)
