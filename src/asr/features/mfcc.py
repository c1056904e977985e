"""Mel-frequency cepstral coefficients (Davis and Mermelstein, 1980) as a layer."""

import torch
import torchaudio
from torch import Tensor, nn

from asr.features.log_mel import LogMel
from asr.features.normalize import Normalization, Normalize
from asr.padded import Padded
from asr.span import Length, Span


class MFCC(nn.Module):
    """The first coefficients of the cosine transform of each log-mel frame.

    Shape: ``(batch, channels, samples)`` to ``(batch, channels * coefficients, frames)``.

    Args:
        coefficients: kept, from the lowest; at most ``bins``.
        bins: and the other arguments: as for :class:`~asr.features.log_mel.LogMel`.

    Raises:
        ValueError: more coefficients than bins, or what ``LogMel`` refuses.
    """

    dct: Tensor  # (bins, coefficients)

    def __init__(
        self,
        sample_rate: int,
        *,
        channels: int = 1,
        coefficients: int = 40,
        bins: int = 64,
        window_ms: float = 25.0,
        hop_ms: float = 10.0,
        low_hz: float = 0.0,
        high_hz: float | None = None,
        n_fft: int | None = None,
        floor: float = 1e-6,
        normalize: Normalization = "utterance",
    ) -> None:
        super().__init__()
        if not 1 <= coefficients <= bins:
            raise ValueError(f"coefficients must be 1 to bins ({bins}), got {coefficients}")
        self.log_mel = LogMel(
            sample_rate,
            channels=channels,
            bins=bins,
            window_ms=window_ms,
            hop_ms=hop_ms,
            low_hz=low_hz,
            high_hz=high_hz,
            n_fft=n_fft,
            floor=floor,
            normalize="none",
        )
        self.sample_rate, self.channels, self.bins = sample_rate, channels, bins
        self.out_channels = channels * coefficients
        with torch.device("cpu"):
            dct = torchaudio.functional.create_dct(coefficients, bins, norm="ortho")
        self.register_buffer("dct", dct, persistent=False)
        self.normalize = Normalize(normalize, self.out_channels)

    @property
    def span(self) -> Span:
        return self.normalize.span_after(self.log_mel.span)

    def output_length(self, length: Length) -> Length:
        return self.log_mel.output_length(length)

    def forward(self, waveforms: Padded) -> Padded:
        return self.normalize(self.raw(waveforms))

    def raw(self, waveforms: Padded) -> Padded:
        """The coefficients before normalisation, from which global statistics are computed."""
        mel = self.log_mel.raw(waveforms)
        with torch.autocast(mel.values.device.type, enabled=False):
            frames = mel.values.view(len(mel.values), self.channels, self.bins, -1).transpose(2, 3)
            values = (frames @ self.dct).transpose(2, 3).flatten(1, 2)
        return mel._replace(values=values)
