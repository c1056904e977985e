"""The last layer of a model: from encoder channels to class logits."""

from math import inf

from torch import nn

from asr.layers.dropout import Dropout
from asr.padded import Padded
from asr.span import Length, Span


class FrameHead(nn.Module):
    """Classify every frame.

    Shape: ``(batch, channels, time)`` to ``(batch, classes, time)``.
    """

    span = Span()

    def __init__(self, in_channels: int, classes: int) -> None:
        super().__init__()
        self.project = nn.Conv1d(in_channels, classes, kernel_size=1)

    def output_length(self, length: Length) -> Length:
        return length

    def forward(self, x: Padded) -> Padded:
        return x._replace(values=self.project(x.zeroed().values))


class PooledHead(nn.Module):
    """Classify the mean of the valid frames.

    Shape: ``(batch, channels, time)`` to ``(batch, classes, 1)``.

    Args:
        dropout: probability of zeroing a pooled channel in training.
    """

    span = Span(inf, inf)
    streaming_obstacle = "mean over all frames"

    def __init__(self, in_channels: int, classes: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = Dropout(dropout)
        self.project = nn.Conv1d(in_channels, classes, kernel_size=1)

    def output_length(self, length: Length) -> Length:
        return length * 0 + 1

    def forward(self, x: Padded) -> Padded:
        total = x.zeroed().values.float().sum(dim=-1, keepdim=True)
        mean = total / x.lengths.clamp_min(1)[:, None, None]
        return Padded(self.project(self.dropout(mean)), x.lengths.new_ones(len(x.lengths)))
