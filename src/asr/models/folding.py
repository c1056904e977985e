"""Batch normalisation folded into the convolutions before it, for inference."""

from copy import deepcopy
from itertools import pairwise
from typing import TypeVar, cast

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from asr.layers.activation import Finish
from asr.layers.conv import TimeConv
from asr.layers.fast_conv import FastConv1d
from asr.layers.grid import GridConv, GridNorm
from asr.layers.norm import NoNorm, TimeBatchNorm
from asr.layers.sequential import TimeSequential

Model = TypeVar("Model", bound=nn.Module)


def folded(model: Model) -> Model:
    """A copy of ``model`` in evaluation mode that computes the same, with fewer steps.

    What a normalisation does with fixed statistics is a scale and an offset for each channel,
    which the weights of the convolution before it can hold, unless sub-bands have their own. Layers
    that then do nothing, as dropout, are taken out, for to call them takes time as well.
    """
    model = deepcopy(model).eval()
    for stack in [layer for layer in model.modules() if isinstance(layer, TimeSequential)]:
        for (_, conv), (name, norm) in pairwise(list(stack.named_children())):
            by_channel = _by_channel(norm)
            if isinstance(conv, TimeConv | GridConv) and by_channel is not None:
                _fold(conv.conv, by_channel)
                setattr(stack, name, NoNorm())
        for i, layer in reversed(list(enumerate(stack))):
            if isinstance(layer, Finish):
                layer.layer = cast(nn.Sequential, layer.layer)[0]  # without dropout
            if isinstance(layer, NoNorm) or _is_identity(layer):
                del stack[i]
    return model


def _is_identity(layer: nn.Module) -> bool:
    return isinstance(layer, Finish) and isinstance(layer.layer, nn.Identity)


def _by_channel(layer: nn.Module) -> TimeBatchNorm | None:
    """The batch normalisation that ``layer`` is, with one scale and offset for each channel."""
    if isinstance(layer, GridNorm) and layer.sub_bands == 1:
        return layer.norm
    return layer if isinstance(layer, TimeBatchNorm) else None


@torch.no_grad()
def _fold(conv: nn.Conv1d | nn.Conv2d, norm: TimeBatchNorm) -> None:
    weight = conv.weight
    if nn.utils.parametrize.is_parametrized(conv):
        # PyTorch's way to remove it takes the weight from the class, which the original has, too.
        del conv.parametrizations
        conv.__class__ = FastConv1d
    conv.weight, conv.bias = fuse_conv_bn_weights(
        weight, conv.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
    )
