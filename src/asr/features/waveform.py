"""The raw waveform as features, for models whose first convolution hears samples."""

from torch import nn

from asr.features.normalize import Normalization, Normalize
from asr.padded import Padded
from asr.span import Length, Span


class Waveform(nn.Module):
    """Samples as they are, or normalised.

    Shape: ``(batch, channels, samples)``, unchanged.

    Args:
        sample_rate: in hertz.
        channels: of the waveform; more than one for several microphones.
        normalize: see :class:`~asr.features.normalize.Normalize`.

    Raises:
        ValueError: a value is out of range.
    """

    def __init__(
        self, sample_rate: int, *, channels: int = 1, normalize: Normalization = "utterance"
    ) -> None:
        super().__init__()
        if not 1_000 <= sample_rate <= 192_000:
            raise ValueError(f"sample_rate must be 1000 to 192000 Hz, got {sample_rate}")
        if channels < 1:
            raise ValueError(f"channels must be at least 1, got {channels}")
        self.sample_rate, self.channels, self.out_channels = sample_rate, channels, channels
        self.normalize = Normalize(normalize, channels)

    @property
    def span(self) -> Span:
        return self.normalize.span_after(Span())

    def output_length(self, length: Length) -> Length:
        return length

    def forward(self, waveforms: Padded) -> Padded:
        return self.normalize(self.raw(waveforms))

    def raw(self, waveforms: Padded) -> Padded:
        """The samples before normalisation, from which global statistics are computed."""
        return waveforms._replace(values=waveforms.values.float())
