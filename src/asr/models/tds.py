"""Time-depth separable networks (Hannun et al., 2019, https://arxiv.org/abs/1904.02619)."""

from collections.abc import Sequence
from typing import Any

from typing_extensions import Required, TypedDict

from asr.layers.activation import Finish
from asr.layers.bands import ScalarNorm
from asr.layers.conv import Padding
from asr.layers.heads import HeadOptions
from asr.layers.sequential import TimeSequential
from asr.layers.time_depth import BandConv, TimeDepthBlock


class BlocksOptions(TypedDict, total=False):
    """Arguments of :class:`TimeDepthBlock`, and how many such blocks there are in a row."""

    repeat: int
    kernel: int
    padding: Padding
    hidden: int | None
    dropout: float


class StageOptions(TypedDict, total=False):
    """A convolution to so many maps, and the blocks that follow it."""

    maps: Required[int]
    kernel: Required[int]
    stride: int
    padding: Padding
    dropout: float
    blocks: Required[Sequence[BlocksOptions]]


class TDS(TimeSequential):
    """Stages of a strided convolution and time-depth separable blocks.

    Shape: ``(batch, in_channels, time)`` to ``(batch, maps * in_channels, output_length(time))``,
    with the maps of the last stage.

    Args:
        in_channels: feature bins per frame, which stay bands in all of the network.
        stages: first to last.
        over_time: whether layers are normalised over the whole utterance, as in the offline
            recipe, or frame by frame, as streaming needs.

    Raises:
        ValueError: there are no stages, or a layer refuses its options; the message names it.
    """

    head_options = HeadOptions()

    def __init__(
        self, in_channels: int, stages: Sequence[StageOptions], *, over_time: bool = False
    ) -> None:
        super().__init__()
        if not stages:
            raise ValueError("stages must hold at least one stage, got none")
        maps = 1
        for i, stage in enumerate(stages):
            try:
                self.extend(_stage(maps, in_channels, over_time, **stage))
            except (TypeError, ValueError) as error:
                raise ValueError(f"stages[{i}]: {error}") from error
            maps = stage["maps"]
        self.out_channels = maps * in_channels


def _stage(
    in_maps: int,
    bands: int,
    over_time: bool,
    *,
    maps: int,
    kernel: int,
    stride: int = 1,
    padding: Padding = "same",
    dropout: float = 0.0,
    blocks: Sequence[BlocksOptions],
) -> list[Any]:
    layers: list[Any] = [
        BandConv(in_maps, maps, kernel, bands=bands, stride=stride, padding=padding),
        Finish("relu", dropout),
        ScalarNorm(over_time=over_time),
    ]
    for block in blocks:
        options: dict[str, Any] = {"kernel": kernel, **block}
        for _ in range(options.pop("repeat", 1)):
            layers.append(TimeDepthBlock(maps, bands=bands, over_time=over_time, **options))
    return layers
