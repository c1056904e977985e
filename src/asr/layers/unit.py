"""One convolution with what goes with it: normalisation, activation and dropout."""

from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

from asr.layers.activation import Activation, Finish
from asr.layers.conv import Padding, TimeConv
from asr.layers.norm import NormKind, make_norm
from asr.layers.sequential import TimeSequential
from asr.padded import PaddingMode


class UnitOptions(TypedDict, total=False):
    """What a config may say of a :class:`ConvUnit` that its block does not look at."""

    padding: Padding
    lookahead: int
    dilation: int
    groups: int
    bias: bool | None
    padding_mode: PaddingMode
    weight_norm: bool
    separable: bool
    norm_first: bool


class ConvUnit(TimeSequential):
    """Convolution, normalisation, activation and dropout.

    The separable form is the depthwise-then-pointwise pair of QuartzNet, section 2
    (Kriman et al., 2020, https://arxiv.org/abs/1910.10261).

    Shape: ``(batch, in_channels, time)`` to ``(batch, channels, output_length(time))``.

    Args:
        bias: ``None`` gives the convolution a bias unless a normalisation has one anyway.
        weight_norm: and the arguments before it: see :class:`~asr.layers.conv.TimeConv`.
        norm_first: whether normalisation comes before the activation, or after it.
        activation: ``"none"`` where a shortcut is to be added first; for ``"glu"``, which
            halves them, the convolution gives twice the channels.

    Raises:
        ValueError: ``separable`` with ``groups``, or what :class:`TimeConv` refuses.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel: int,
        *,
        stride: int = 1,
        padding: Padding = "same",
        lookahead: int = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool | None = None,
        padding_mode: PaddingMode = "zeros",
        weight_norm: bool = False,
        separable: bool = False,
        norm: NormKind = "batch",
        norm_eps: float = 1e-5,
        norm_first: bool = True,
        activation: Activation = "relu",
        dropout: float = 0.0,
    ) -> None:
        if separable and groups != 1:
            raise ValueError(f"a separable convolution sets its own groups, got groups {groups}")
        wide = 2 * channels if activation == "glu" else channels
        bias = norm == "none" if bias is None else bias
        conv = TimeConv(
            in_channels,
            in_channels if separable else wide,
            kernel,
            stride=stride,
            padding=padding,
            lookahead=lookahead,
            dilation=dilation,
            groups=in_channels if separable else groups,
            bias=bias and not separable,
            padding_mode=padding_mode,
            weight_norm=weight_norm,
        )
        super().__init__(conv)
        if separable:
            pointwise = TimeConv(in_channels, wide, 1, bias=bias, weight_norm=weight_norm)
            pointwise.after_convolution = True
            self.append(pointwise)
        if norm_first:
            self.append(make_norm(norm, wide, norm_eps))
            self.append(Finish(activation, dropout))
        else:
            self.append(Finish(activation, dropout))
            self.append(make_norm(norm, channels, norm_eps))
