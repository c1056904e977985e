"""Squeeze-and-excitation: channels weighed by what is heard in all of the utterance."""

import torch
from torch import Tensor, nn

from asr.layers.pool import TimePool
from asr.padded import Padded
from asr.span import Length, Span


class SqueezeExcite(nn.Module):
    """Scale each channel by a gate computed from the mean of all channels over time.

    Hu et al., 2018 (https://arxiv.org/abs/1709.01507), over time as in ContextNet, section 2.2.3
    (Han et al., 2020, https://arxiv.org/abs/2005.03191). The mean is over valid frames only.

    Shape: ``(batch, channels, time)``, unchanged.

    Args:
        reduction: channels for each channel of the bottleneck.
        window: frames of the mean, centred and odd, or ``None`` for the whole utterance, which
            no streaming model can have.
        activation: within the bottleneck; ReLU where not given.

    Raises:
        ValueError: a value is out of range.
    """

    def __init__(
        self,
        channels: int,
        reduction: int = 8,
        *,
        window: int | None = None,
        activation: nn.Module | None = None,
    ) -> None:
        super().__init__()
        if not 1 <= reduction <= channels:
            raise ValueError(f"reduction must be 1 to the channels ({channels}), got {reduction}")
        if window is not None and (window < 1 or window % 2 == 0):
            raise ValueError(f"window must be odd, to be centred on a frame, got {window} frames")
        self.window = window
        self.mean = None if window is None else _moving_mean(window)
        narrow = channels // reduction
        self.gate = nn.Sequential(
            nn.Conv1d(channels, narrow, 1, bias=False),
            activation or nn.ReLU(),
            nn.Conv1d(narrow, channels, 1, bias=False),
            nn.Sigmoid(),
        )

    @property
    def streaming_obstacle(self) -> str:
        """Why a frame has to wait for the end of the utterance; empty where it has not."""
        return "" if self.mean else "squeeze-and-excitation over the whole utterance"

    @property
    def span(self) -> Span:
        return Span(whole=True) if self.mean is None else self.mean.span

    def output_length(self, length: Length) -> Length:
        return length

    def forward(self, x: Padded) -> Padded:
        x = x.zeroed()
        gate: Tensor = self.gate(self._squeezed(x).to(x.values.dtype))
        return x._replace(values=x.values * gate)

    def _squeezed(self, x: Padded) -> Tensor:
        """The mean over time of values that are zero beyond each utterance."""
        if self.mean is not None:
            return self.mean(x).values
        # A sum over time wants more than half precision.
        precise = torch.promote_types(x.values.dtype, torch.float32)
        total = x.values.sum(dim=-1, keepdim=True, dtype=precise)
        return total / x.lengths.clamp_min(1)[:, None, None]


def _moving_mean(window: int) -> TimePool:
    return TimePool("average", window, stride=1, padding=window // 2, ceil_mode=False)
