"""Features cut or filled up to a fixed number of frames."""

import torch
from torch import Tensor, nn

from asr.features.normalize import Normalize
from asr.padded import Padded
from asr.span import Length, Span


class FixedFrames(nn.Module):
    """The middle of longer recordings, and shorter ones between frames of zeros.

    For models whose verdict is a mean over a fixed number of frames, such as NeMo's keyword
    spotters: their crop is from the middle here, where training takes a random one.

    Shape: ``(batch, channels, samples)`` to ``(batch, out_channels, frames)``.

    Args:
        features: from waveforms to frames.
        frames: that come out of any recording.

    Raises:
        ValueError: ``frames`` is less than 1.
    """

    streaming_obstacle = "cut from the middle of the recording"

    def __init__(self, features: nn.Module, frames: int) -> None:
        super().__init__()
        if frames < 1:
            raise ValueError(f"frames must be at least 1, got {frames}")
        self.features, self.frames = features, frames
        self.sample_rate: int = features.sample_rate  # type: ignore[assignment]
        self.channels: int = features.channels  # type: ignore[assignment]
        self.out_channels: int = features.out_channels  # type: ignore[assignment]

    @property
    def normalize(self) -> Normalize:
        return self.features.normalize  # type: ignore[return-value]

    @property
    def span(self) -> Span:
        span: Span = self.features.span  # type: ignore[assignment]
        return span._replace(whole=True)

    def output_length(self, length: Length) -> Length:
        if isinstance(length, Tensor):
            return torch.full_like(length, self.frames)
        return self.frames

    def raw(self, waveforms: Padded) -> Padded:
        """The features before normalisation, cut or filled up."""
        return self._fixed(self.features.raw(waveforms))  # type: ignore[operator]

    def forward(self, waveforms: Padded) -> Padded:
        return self._fixed(self.features(waveforms))

    def _fixed(self, x: Padded) -> Padded:
        here = x.values.shape[-1]
        # Where each frame that comes out is taken from; outside of the recording there are zeros.
        offset = torch.div(x.lengths - self.frames, 2, rounding_mode="floor")
        offset = torch.where(x.lengths < self.frames, -((self.frames - x.lengths) // 2), offset)
        source = torch.arange(self.frames, device=x.values.device) + offset[:, None]
        outside = (source < 0) | (source >= x.lengths[:, None])
        index = source.clamp(0, max(here - 1, 0))[:, None].expand(-1, x.values.shape[1], -1)
        values = x.values.gather(-1, index).masked_fill(outside[:, None], 0)
        return Padded(values, torch.full_like(x.lengths, self.frames))
