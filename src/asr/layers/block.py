"""The building block of the stacks: convolutions in a row, a shortcut around them, pooling."""

from collections.abc import Iterator, Sequence
from typing import Literal, cast

from torch import nn

# pydantic needs these before Python 3.12
from typing_extensions import Required, TypedDict, Unpack

from asr.layers.activation import Activation, Finish, make_activation
from asr.layers.conv import TimeConv
from asr.layers.norm import NormKind, make_norm
from asr.layers.pool import PoolKind, TimePool
from asr.layers.sequential import TimeSequential
from asr.layers.squeeze_excite import SqueezeExcite
from asr.layers.stochastic_depth import passed_by
from asr.layers.unit import ConvUnit, UnitOptions
from asr.padded import Padded
from asr.span import Length, Part, Span

Residual = bool | Literal["projected", "dense"]


class Pooling(TypedDict, total=False):
    """What a config says of a pooling layer: the arguments of :class:`TimePool`."""

    kind: Required[PoolKind]
    kernel: Required[int]
    stride: int | None
    padding: int
    ceil_mode: bool


class SqueezeExcitation(TypedDict, total=False):
    """What a config says of squeeze-and-excitation: the arguments of :class:`SqueezeExcite`."""

    reduction: Required[int]
    window: int | None


class ConvBlock(nn.Module):
    """Convolution units in a row, an optional shortcut around them, then optional pooling.

    With a shortcut or squeeze-and-excitation, the activation of the last unit comes after them.
    A shortcut is a kernel-1 convolution with the block's normalisation wherever channels or
    stride change (He et al., 2016, https://arxiv.org/abs/1512.03385, in one dimension).

    Shape: ``(batch, in_channels, time)`` to ``(batch, channels, output_length(time))``.

    Args:
        kernels: one unit for each, first to last; ``[3, 7]`` is the kernel-3-then-7 pair.
        kernel_factor: of all kernels, rounded down, then up to the next odd number: the gamma
            of Citrinet, section 2 (Majumdar et al., 2021, https://arxiv.org/abs/2104.01721).
        stride: of the first unit.
        stride_last: the last unit has the stride instead, so that the others see every frame.
        residual: ``"projected"`` puts the kernel-1 convolution on every shortcut, as Jasper
            does; ``"dense"`` adds those of earlier inputs, too (Li et al., 2019,
            https://arxiv.org/abs/1904.03288, section 2.1).
        shortcut_activation: of a shortcut that has a convolution.
        earlier: channels of the earlier inputs of a dense block, first to last.
        stochastic_depth: probability that an utterance takes the shortcut alone, in training,
            see :func:`~asr.layers.stochastic_depth.passed_by`.
        squeeze_excite: arguments of :class:`SqueezeExcite`, or ``None``.
        pool: arguments of :class:`TimePool`, or ``None`` for no pooling.
        unit: of every :class:`~asr.layers.unit.ConvUnit`.

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
        kernel_factor: float = 1.0,
        stride: int = 1,
        stride_last: bool = False,
        norm: NormKind = "batch",
        norm_eps: float = 1e-5,
        activation: Activation = "relu",
        dropout: float = 0.0,
        residual: Residual = False,
        shortcut_activation: Activation = "none",
        earlier: Sequence[int] = (),
        stochastic_depth: float = 0.0,
        squeeze_excite: SqueezeExcitation | None = None,
        pool: Pooling | None = None,
        **unit: Unpack[UnitOptions],
    ) -> None:
        super().__init__()
        if not kernels:
            raise ValueError("a block needs at least one kernel, got none")
        _refuse_what_cannot_be(kernel_factor, activation, residual, earlier, unit)
        if not 0 <= stochastic_depth < 1:
            raise ValueError(f"stochastic_depth must be 0 up to below 1, got {stochastic_depth:g}")
        if stochastic_depth and not residual:
            raise ValueError("stochastic_depth needs a shortcut to take; set residual, or leave it")
        if squeeze_excite is not None and (activation == "glu" or not unit.get("norm_first", True)):
            raise ValueError(
                "squeeze-and-excitation comes before the activation, which can be neither 'glu' "
                "nor before its normalisation"
            )
        if residual == "dense" and (stride != 1 or pool):
            raise ValueError(
                "dense blocks share their inputs, so none can have a stride or pooling"
            )
        kernels = [_scaled(kernel, kernel_factor) for kernel in kernels]
        finishes = bool(residual) or squeeze_excite is not None
        strided = len(kernels) - 1 if stride_last else 0
        self.units = TimeSequential()
        for i, kernel in enumerate(kernels):
            bare = finishes and i == len(kernels) - 1
            self.units.append(
                ConvUnit(
                    in_channels if i == 0 else channels,
                    channels,
                    kernel,
                    stride=stride if i == strided else 1,
                    norm=norm,
                    norm_eps=norm_eps,
                    activation="none" if bare else activation,
                    dropout=0.0 if bare else dropout,
                    **unit,
                )
            )
        if squeeze_excite is not None:
            self.units.append(
                SqueezeExcite(channels, **squeeze_excite, activation=make_activation(activation))
            )
        self.shortcuts = nn.ModuleList(
            self._shortcut(source, channels, stride, residual, norm, norm_eps, shortcut_activation)
            for source in ((*earlier, in_channels) if residual else ())
        )
        self.stochastic_depth = stochastic_depth
        self.finish = Finish(activation, dropout) if finishes else None
        self.pool = TimePool(**pool) if pool else None
        self.out_channels = channels

    def _shortcut(
        self,
        in_channels: int,
        channels: int,
        stride: int,
        residual: Residual,
        norm: NormKind,
        norm_eps: float,
        activation: Activation,
    ) -> TimeSequential:
        shortcut = TimeSequential()
        if in_channels != channels or stride != 1 or residual != True:  # noqa: E712
            shortcut.append(TimeConv(in_channels, channels, 1, stride=stride, bias=norm == "none"))
            shortcut.append(make_norm(norm, channels, norm_eps))
            shortcut.append(Finish(activation, 0.0))
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
        """The span of units and shortcuts, before pooling."""
        span = self.units.span
        for shortcut in self.shortcuts:
            span = span.beside(cast(TimeSequential, shortcut).span)
        return span

    def parts(self) -> Iterator[Part]:
        yield Part("units", self.units, Span())
        for i, shortcut in enumerate(self.shortcuts):
            yield Part(f"shortcuts.{i}", shortcut, Span())
        if self.finish:
            yield Part("finish", self.finish, self._sum_span)
        if self.pool:
            yield Part("pool", self.pool, self._sum_span)

    def output_length(self, length: Length) -> Length:
        length = self.units.output_length(length)
        return self.pool.output_length(length) if self.pool else length

    def forward(self, x: Padded, earlier: Sequence[Padded] = ()) -> Padded:
        y: Padded = self.units(x)
        if self.stochastic_depth and self.training:
            y = passed_by(y, self.stochastic_depth)
        for shortcut, source in zip(self.shortcuts, (*earlier, x), strict=bool(self.shortcuts)):
            y = y._replace(values=y.values + shortcut(source).values)
        if self.finish:
            y = self.finish(y)
        return self.pool(y) if self.pool else y


def _scaled(kernel: int, factor: float) -> int:
    if factor == 1:
        return kernel
    scaled = max(int(kernel * factor), 1)
    return scaled + (scaled + 1) % 2


def _refuse_what_cannot_be(
    kernel_factor: float,
    activation: Activation,
    residual: Residual,
    earlier: Sequence[int],
    unit: UnitOptions,
) -> None:
    if not kernel_factor > 0:
        raise ValueError(f"kernel_factor must be above 0, got {kernel_factor:g}")
    if residual not in (True, False, "projected", "dense"):
        raise ValueError(f"residual must be true, false, 'projected' or 'dense', got {residual!r}")
    if earlier and residual != "dense":
        raise ValueError(f"earlier inputs go with residual 'dense', got residual {residual!r}")
    if residual and (activation == "glu" or not unit.get("norm_first", True)):
        raise ValueError(
            "a residual block adds before its activation, so it can have neither activation "
            "'glu' nor norm_first false"
        )
