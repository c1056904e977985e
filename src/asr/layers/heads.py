"""The last layer of a model: from encoder channels to class logits."""

from typing import Literal, get_args

from torch import Tensor, nn
from typing_extensions import TypedDict

from asr.layers.dropout import Dropout
from asr.layers.fast_conv import FastConv1d
from asr.layers.pool import never_largest
from asr.padded import Padded
from asr.span import Length, Span

Pooled = Literal["mean", "max", "both"]


class HeadOptions(TypedDict, total=False):
    """What an architecture says of the head that follows it; a task decides the rest.

    Attributes:
        bias: whether the last layer has one; it does where not said.
        weight_norm: whether its weights are normalised, as in wav2letter's gated models.
        rectified: whether its logits go through a ReLU, as torchaudio's Wav2Letter does.
        count_padding: whether a mean over time is over padded frames, too, as NeMo's is, which
            matters only where utterances are not of one length.
    """

    bias: bool
    weight_norm: bool
    rectified: bool
    count_padding: bool


class FrameHead(nn.Module):
    """Classify every frame.

    Shape: ``(batch, channels, time)`` to ``(batch, classes, time)``.

    Raises:
        ValueError: ``count_padding``, where there is no mean over time.
    """

    span = Span()

    def __init__(
        self, in_channels: int, classes: int, *, options: HeadOptions | None = None
    ) -> None:
        super().__init__()
        options = options or HeadOptions()
        if options.get("count_padding"):
            raise ValueError("count_padding is of a mean over time; this task labels every frame")
        self.project, self.rectify = _projection(in_channels, classes, options)

    def output_length(self, length: Length) -> Length:
        return length

    def forward(self, x: Padded) -> Padded:
        return x._replace(values=self.rectify(self.project(x.zeroed().values)))


class PooledHead(nn.Module):
    """Classify what the valid frames are in sum.

    Shape: ``(batch, channels, time)`` to ``(batch, classes, 1)``.

    Args:
        dropout: probability of zeroing a pooled channel in training.
        pooling: the mean of the frames; their maximum, for a sound that is short and of which the
            rest tells nothing; or the sum of both, as in Kong et al., 2020, section III
            (https://arxiv.org/abs/1912.10211).

    Raises:
        ValueError: there is no such pooling, or ``count_padding`` of another than the mean.
    """

    span = Span(whole=True)
    streaming_obstacle = "pooled over all frames"

    def __init__(
        self,
        in_channels: int,
        classes: int,
        dropout: float = 0.0,
        *,
        pooling: Pooled = "mean",
        options: HeadOptions | None = None,
    ) -> None:
        super().__init__()
        options = options or HeadOptions()
        if pooling not in get_args(Pooled):
            raise ValueError(f"pooling must be one of {list(get_args(Pooled))}, got {pooling!r}")
        self.pooling, self.count_padding = pooling, options.get("count_padding", False)
        if self.count_padding and pooling != "mean":
            raise ValueError(f"count_padding is of a mean over time, got pooling {pooling!r}")
        self.dropout = Dropout(dropout)
        self.project, self.rectify = _projection(in_channels, classes, options)

    def output_length(self, length: Length) -> Length:
        return length * 0 + 1

    def forward(self, x: Padded) -> Padded:
        logits = self.rectify(self.project(self.dropout(self._pooled(x))))
        return Padded(logits, x.lengths.new_ones(len(x.lengths)))

    def _pooled(self, x: Padded) -> Tensor:
        if self.pooling == "mean":
            return self._mean(x)
        largest = never_largest(x).amax(dim=-1, keepdim=True).float()
        largest = largest.masked_fill((x.lengths == 0)[:, None, None], 0)
        return largest if self.pooling == "max" else largest + self._mean(x)

    def _mean(self, x: Padded) -> Tensor:
        if self.count_padding:
            return x.values.float().mean(dim=-1, keepdim=True)
        total = x.zeroed().values.float().sum(dim=-1, keepdim=True)
        return total / x.lengths.clamp_min(1)[:, None, None]


def _projection(
    in_channels: int, classes: int, options: HeadOptions
) -> tuple[nn.Conv1d, nn.Module]:
    project = FastConv1d(in_channels, classes, kernel_size=1, bias=options.get("bias", True))
    if options.get("weight_norm"):
        nn.utils.parametrizations.weight_norm(project)
    return project, nn.ReLU() if options.get("rectified") else nn.Identity()
