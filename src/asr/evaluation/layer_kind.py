"""What a layer is called in a table, and the arguments that decide what it does to time."""

from typing import Any

from torch import nn

from asr.layers.conv import TimeConv
from asr.layers.dropout import Dropout
from asr.layers.grid import GridConv, GridNorm, GridPool
from asr.layers.heads import FrameHead, PooledHead
from asr.layers.norm import NoNorm, TimeBatchNorm, TimeLayerNorm
from asr.layers.pool import TimePool
from asr.layers.sequential import Pointwise

_POOLED = {"mean": "mean", "max": "maximum", "both": "mean and maximum"}
_NAMES: dict[type[nn.Module], str] = {
    TimeBatchNorm: "BatchNorm",
    TimeLayerNorm: "LayerNorm",
    GridNorm: "BatchNorm",
}


def kind(layer: nn.Module) -> str:
    """The layer in a few words, as ``Conv1d(1, 32, 3, stride 1, padding 1)``."""
    if isinstance(layer, TimeConv):
        return _conv(arguments(layer))
    if isinstance(layer, TimePool):
        return _pool(layer)
    if isinstance(layer, GridConv):
        return _grid_conv(layer)
    if isinstance(layer, GridPool):
        name = "MaxPool2d" if layer.kind == "max" else "AvgPool2d"
        return "{}({}x{})".format(name, *layer.window)
    if isinstance(layer, Pointwise):
        return ", ".join(_pointwise(layer)) or "nothing"
    if isinstance(layer, FrameHead | PooledHead):
        pooled = f"{_POOLED[layer.pooling]} over time, " if isinstance(layer, PooledHead) else ""
        return f"{pooled}Conv1d({layer.project.in_channels}, {layer.project.out_channels}, 1)"
    return _NAMES.get(type(layer), type(layer).__name__)


def does_nothing(layer: nn.Module) -> bool:
    """Whether values pass through the layer unchanged when the model is used."""
    return isinstance(layer, NoNorm) or (isinstance(layer, Pointwise) and not _pointwise(layer))


def arguments(layer: nn.Module) -> dict[str, Any]:
    """What is set of a convolution or pooling, in frames; ``padding`` is left and right."""
    if isinstance(layer, TimeConv):
        conv = layer.conv
        return {
            "in_channels": conv.in_channels,
            "out_channels": conv.out_channels,
            "kernel": conv.kernel_size[0],
            "stride": conv.stride[0],
            "padding": list(layer.pads),
            "dilation": conv.dilation[0],
            "groups": conv.groups,
            "bias": conv.bias is not None,
            "padding_mode": layer.padding_mode,
        }
    if isinstance(layer, TimePool):
        return {
            "kind": layer.kind,
            "kernel": layer.kernel,
            "stride": layer.stride,
            "padding": [layer.padding, layer.padding],
            "ceil_mode": layer.ceil_mode,
        }
    return {}


def _conv(given: dict[str, Any]) -> str:
    left, right = given["padding"]
    told = [
        f"{given['in_channels']}, {given['out_channels']}, {given['kernel']}",
        f"stride {given['stride']}",
        f"padding {left}" if left == right else f"padding {left}+{right}",
    ]
    unusual = {"dilation": 1, "groups": 1, "padding_mode": "zeros"}
    told += [f"{name} {given[name]}" for name, usual in unusual.items() if given[name] != usual]
    return f"Conv1d({', '.join(told)})"


def _grid_conv(layer: GridConv) -> str:
    """Sizes are of bands, then of frames."""
    conv = layer.conv
    told = [f"{conv.in_channels}, {conv.out_channels}"]
    told += ["{}x{}".format(*conv.kernel_size), "stride {}x{}".format(*conv.stride)]
    told += ["padding {}x{}".format(*map(int, conv.padding))]
    told += [f"groups {conv.groups}"] if conv.groups > 1 else []
    return f"Conv2d({', '.join(told)})"


def _pool(layer: TimePool) -> str:
    name = "MaxPool1d" if layer.kind == "max" else "AvgPool1d"
    told = [f"{layer.kernel}, stride {layer.stride}"]
    told += [f"padding {layer.padding}"] if layer.padding else []
    return f"{name}({', '.join(told)})"


def _pointwise(layer: Pointwise) -> list[str]:
    inner = list(layer.layer) if isinstance(layer.layer, nn.Sequential) else [layer.layer]
    return [type(part).__name__ for part in inner if not isinstance(part, nn.Identity | Dropout)]
