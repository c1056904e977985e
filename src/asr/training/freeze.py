"""Weights that training must not change."""

from collections.abc import Iterable, Sequence

from torch import nn

from asr.errors import InputError
from asr.training.patterns import matching


def freeze(model: nn.Module, patterns: Sequence[str]) -> frozenset[str]:
    """Freeze the parameters and buffers whose names match one of ``patterns``.

    A layer of which all parameters are frozen, or one of its own buffers, is to stay in
    evaluation mode: its running statistics are weights as well, and it drops nothing out.

    Returns:
        Names of the layers that must stay in evaluation mode.

    Raises:
        InputError: a pattern matches nothing, or nothing is left to train.
    """
    parameters, buffers = dict(model.named_parameters()), dict(model.named_buffers())
    names = [*parameters, *buffers]
    frozen = {name for p in patterns for name in matching(p, names, "finetune.freeze")}
    for name in frozen & set(parameters):
        parameters[name].requires_grad_(False)
    if not any(parameter.requires_grad for parameter in parameters.values()):
        raise InputError("finetune.freeze: leaves nothing to train; leave out a pattern")
    held = {name.rpartition(".")[0] for name in frozen & set(buffers)}
    return frozenset(_still(model, held))


def _still(model: nn.Module, held: set[str]) -> Iterable[str]:
    within = ""  # the last layer that is frozen as a whole; what it holds comes right after it
    for name, layer in model.named_modules():
        inside = bool(within) and name.startswith(f"{within}.")
        trained = [parameter.requires_grad for parameter in layer.parameters()]
        if not inside and trained and not any(trained):
            within = name
            inside = True
        if inside or name in held:
            yield name
