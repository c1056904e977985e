"""What follows a convolution: an activation and dropout, frame by frame."""

from typing import Literal, get_args

from torch import nn

from asr.layers.dropout import Dropout
from asr.layers.sequential import Pointwise

Activation = Literal[
    "relu", "gelu", "silu", "leaky_relu", "hardtanh", "clipped_relu", "glu", "none"
]


def make_activation(kind: Activation) -> nn.Module:
    """The activation called ``kind``.

    ``"clipped_relu"`` is clipped at 20 (Hannun et al., 2014, https://arxiv.org/abs/1412.5567);
    ``"glu"`` halves the channels (Dauphin et al., 2017, https://arxiv.org/abs/1612.08083).

    Raises:
        ValueError: there is no such activation.
    """
    if kind == "clipped_relu":
        return nn.Hardtanh(0, 20)
    if kind == "glu":
        return nn.GLU(dim=1)
    made: dict[str, type[nn.Module]] = {
        "relu": nn.ReLU,
        "gelu": nn.GELU,
        "silu": nn.SiLU,
        "leaky_relu": nn.LeakyReLU,
        "hardtanh": nn.Hardtanh,
        "none": nn.Identity,
    }
    if kind not in made:
        raise ValueError(f"activation must be one of {list(get_args(Activation))}, got {kind!r}")
    return made[kind]()


class Finish(Pointwise):
    """An activation and dropout.

    Shape: ``(batch, channels, time)``, unchanged but for ``"glu"``.
    """

    def __init__(self, activation: Activation, dropout: float) -> None:
        super().__init__(nn.Sequential(make_activation(activation), Dropout(dropout)))
