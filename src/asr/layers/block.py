"""The building block of the stacks: convolutions in a row, a shortcut around them, pooling."""

from collections.abc import Iterator, Sequence
from typing import Literal

from torch import nn
from typing_extensions import Required, TypedDict  # pydantic needs this one before Python 3.12

from asr.layers.conv import Padding, PaddingMode, TimeConv
from asr.layers.dropout import Dropout
from asr.layers.norm import NormKind, make_norm
from asr.layers.pool import PoolKind, TimePool
from asr.layers.sequential import Pointwise, TimeSequential
from asr.padded import Padded
from asr.span import Length, Part, Span

Activation = Literal["relu", "gelu", "silu", "leaky_relu", "hardtanh", "none"]
_ACTIVATIONS: dict[Activation, type[nn.Module]] = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "leaky_relu": nn.LeakyReLU,
    "hardtanh": nn.Hardtanh,
    "none": nn.Identity,
}


class Pooling(TypedDict, total=False):
    """What a config says of a pooling layer: the arguments of :class:`TimePool`."""

    kind: Required[PoolKind]
    kernel: Required[int]
    stride: int | None
    padding: int
    ceil_mode: bool


class ConvUnit(TimeSequential):
    """Convolution, normalisation, activation and dropout.

    The separable form is the depthwise-then-pointwise pair of QuartzNet, section 2
    (Kriman et al., 2020, https://arxiv.org/abs/1910.10261).

    Shape: ``(batch, in_channels, time)`` to ``(batch, channels, output_length(time))``.

    Args:
        bias: ``None`` gives the convolution a bias unless a normalisation has one anyway.
        activation: ``"none"`` where a shortcut is to be added first.

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
        separable: bool = False,
        norm: NormKind = "batch",
        activation: Activation = "relu",
        dropout: float = 0.0,
    ) -> None:
        if separable and groups != 1:
            raise ValueError(f"a separable convolution sets its own groups, got groups {groups}")
        bias = norm == "none" if bias is None else bias
        conv = TimeConv(
            in_channels,
            in_channels if separable else channels,
            kernel,
            stride=stride,
            padding=padding,
            lookahead=lookahead,
            dilation=dilation,
            groups=in_channels if separable else groups,
            bias=bias and not separable,
            padding_mode=padding_mode,
        )
        super().__init__(conv)
        if separable:
            self.append(TimeConv(in_channels, channels, 1, bias=bias))
        self.append(make_norm(norm, channels))
        self.append(_Finish(activation, dropout))


class ConvBlock(nn.Module):
    """Convolution units in a row, an optional shortcut around them, then optional pooling.

    With a shortcut, the activation of the last unit comes after the sum, and the shortcut is a
    kernel-1 convolution with the block's normalisation wherever channels or stride change
    (He et al., 2016, https://arxiv.org/abs/1512.03385, in one dimension).

    Shape: ``(batch, in_channels, time)`` to ``(batch, channels, output_length(time))``.

    Args:
        kernels: one unit for each, first to last; ``[3, 7]`` is the kernel-3-then-7 pair.
        stride: of the first unit.
        pool: arguments of :class:`TimePool`, or ``None`` for no pooling.

    Raises:
        ValueError: there are no kernels, a value is out of range, or the shortcut cannot line
            up with the units because their padding changes the length.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernels: Sequence[int],
        *,
        stride: int = 1,
        padding: Padding = "same",
        lookahead: int = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool | None = None,
        padding_mode: PaddingMode = "zeros",
        separable: bool = False,
        norm: NormKind = "batch",
        activation: Activation = "relu",
        dropout: float = 0.0,
        residual: bool = False,
        pool: Pooling | None = None,
    ) -> None:
        super().__init__()
        if not kernels:
            raise ValueError("a block needs at least one kernel, got none")
        self.units = TimeSequential()
        for i, kernel in enumerate(kernels):
            last = i == len(kernels) - 1
            self.units.append(
                ConvUnit(
                    in_channels if i == 0 else channels,
                    channels,
                    kernel,
                    stride=stride if i == 0 else 1,
                    padding=padding,
                    lookahead=lookahead,
                    dilation=dilation,
                    groups=groups,
                    bias=bias,
                    padding_mode=padding_mode,
                    separable=separable,
                    norm=norm,
                    activation="none" if last and residual else activation,
                    dropout=0.0 if last and residual else dropout,
                )
            )
        self.shortcut: TimeSequential | None = None
        if residual:
            self.shortcut = self._make_shortcut(in_channels, channels, stride, norm)
            self.finish = _Finish(activation, dropout)
        self.pool = TimePool(**pool) if pool else None
        self.out_channels = channels

    def _make_shortcut(
        self, in_channels: int, channels: int, stride: int, norm: NormKind
    ) -> TimeSequential:
        shortcut = TimeSequential()
        if in_channels != channels or stride != 1:
            shortcut.append(TimeConv(in_channels, channels, 1, stride=stride, bias=norm == "none"))
            shortcut.append(make_norm(norm, channels))
        for length in range(1, 64 + stride):
            through, around = self.units.output_length(length), shortcut.output_length(length)
            if through != around:
                raise ValueError(
                    "a residual block needs padding that keeps its length ('same' or 'causal'): "
                    f"{length} frames become {through}, but {around} beside them"
                )
        return shortcut

    @property
    def span(self) -> Span:
        return self._sum_span.then(self.pool.span) if self.pool else self._sum_span

    @property
    def _sum_span(self) -> Span:
        """The span of units and shortcut, before pooling."""
        if self.shortcut is None:
            return self.units.span
        return self.units.span.beside(self.shortcut.span)

    def parts(self) -> Iterator[Part]:
        yield Part("units", self.units, Span())
        if self.shortcut is not None:
            yield Part("shortcut", self.shortcut, Span())
            yield Part("finish", self.finish, self._sum_span)
        if self.pool:
            yield Part("pool", self.pool, self._sum_span)

    def output_length(self, length: Length) -> Length:
        length = self.units.output_length(length)
        return self.pool.output_length(length) if self.pool else length

    def forward(self, x: Padded) -> Padded:
        y = self.units(x)
        if self.shortcut is not None:
            y = self.finish(y._replace(values=y.values + self.shortcut(x).values))
        return self.pool(y) if self.pool else y


class _Finish(Pointwise):
    def __init__(self, activation: Activation, dropout: float) -> None:
        if activation not in _ACTIVATIONS:
            raise ValueError(f"activation must be one of {list(_ACTIVATIONS)}, got {activation!r}")
        super().__init__(nn.Sequential(_ACTIVATIONS[activation](), Dropout(dropout)))
