"""From the weights of a NeMo model to those of the same model here, name by name."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from asr.errors import InputError
from asr.layers.block import ConvBlock
from asr.layers.conv import TimeConv
from asr.layers.norm import TimeBatchNorm
from asr.layers.squeeze_excite import SqueezeExcite
from asr.layers.unit import ConvUnit
from asr.models.acoustic import AcousticModel

_OF_NORM = ("weight", "bias", "running_mean", "running_var")
_CLOSE = 1e-4  # relative to the largest value of a window or filter bank


@torch.no_grad()
def load(model: AcousticModel, weights: Mapping[str, Tensor]) -> None:
    """Give the model NeMo's weights; every one of them is used, or refused by name.

    Raises:
        InputError: one is missing, left over or of another shape, or features differ.
    """
    left = {name: w for name, w in weights.items() if not name.endswith("num_batches_tracked")}
    for name, tensor in _pairs(model, weights):
        if name not in left:
            raise InputError(f"the weights lack {name!r}")
        given = left.pop(name)
        if given.numel() != tensor.numel() or given.shape != tensor.shape[: given.ndim]:
            raise InputError(
                f"{name!r} has shape {tuple(given.shape)}, but the config says "
                f"{tuple(tensor.shape)}"
            )
        tensor.copy_(given.view_as(tensor))  # a linear layer is a convolution with kernel 1
    _check_features(model, left)
    if left:
        raise InputError(f"the weights hold what the config does not: {sorted(left)[:3]}")


def _pairs(model: AcousticModel, weights: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Each name of NeMo's with the tensor of ours that it is for."""
    encoder = cast(nn.Module, model.encoder)
    blocks = [layer for layer in encoder.modules() if isinstance(layer, ConvBlock)]
    for number, block in enumerate(blocks):
        yield from _block(f"encoder.encoder.{number}", block, weights)
    head = "decoder.decoder_layers.0"
    project = cast(nn.Conv1d, model.head.project)
    yield f"{head}.weight", project.weight
    yield f"{head}.bias", cast(Tensor, project.bias)


def _block(
    prefix: str, block: ConvBlock, weights: Mapping[str, Tensor]
) -> Iterator[tuple[str, Tensor]]:
    place = 0  # in NeMo's list of layers, which has activation and dropout between units
    for layer in block.units:
        if isinstance(layer, SqueezeExcite):
            # The last unit has neither activation nor dropout before it.
            for ours, theirs in ((0, 0), (2, 2)):
                name = f"{prefix}.mconv.{place - 2}.fc.{theirs}.weight"
                yield name, cast(nn.Conv1d, layer.gate[ours]).weight
            continue
        for part in cast(ConvUnit, layer):
            if isinstance(part, TimeConv):
                yield _conv(f"{prefix}.mconv.{place}", weights), part.conv.weight
                place += 1
            elif isinstance(part, TimeBatchNorm):
                yield from _norm(f"{prefix}.mconv.{place}", part)
                place += 1
        place += 2
    for number, shortcut in enumerate(block.shortcuts):
        conv, norm, *_ = cast(nn.Sequential, shortcut)
        name = f"{prefix}.res.{number}"
        yield _conv(f"{name}.0", weights), cast(TimeConv, conv).conv.weight
        yield from _norm(f"{name}.1", cast(TimeBatchNorm, norm))


def _conv(name: str, weights: Mapping[str, Tensor]) -> str:
    masked = f"{name}.conv.weight"
    return masked if masked in weights else f"{name}.weight"


def _norm(name: str, norm: TimeBatchNorm) -> Iterator[tuple[str, Tensor]]:
    for part in _OF_NORM:
        yield f"{name}.{part}", getattr(norm, part)


def _check_features(model: AcousticModel, left: dict[str, Tensor]) -> None:
    """Take out of ``left`` the windows and filters that ours agree with."""
    features = cast(Any, getattr(model.features, "features", model.features))
    ours = {
        "featurizer.window": features.shape,
        "featurizer.fb": features.filters.T,
        "spectrogram.window": features.shape,
        "mel_scale.fb": features.filters,
        "featurizer.dct_mat": getattr(features, "dct", None),
    }
    for name in [name for name in left if name.startswith("preprocessor.")]:
        made = next((value for end, value in ours.items() if name.endswith(end)), None)
        given = left[name].squeeze()
        if made is None or made.shape != given.shape:
            continue
        if (made - given).abs().max() > _CLOSE * given.abs().max():
            raise InputError(f"{name!r} is not what the config of the preprocessor says")
        del left[name]
