"""Log-mel spectrogram as a layer, so it runs on the device and travels with the weights."""

import warnings
from collections.abc import Iterator

import torch
import torchaudio
from torch import Tensor, nn

from asr.features.normalize import Normalization, Normalize
from asr.padded import Padded
from asr.span import Length, Span

_LARGEST_FFT = 1 << 16
_NEIGHBOURS = 16  # filters that are applied at once: most of a filter bank is zero


class LogMel(nn.Module):
    """Log-mel energies of each channel.

    Frames are centred on multiples of the hop. The signal is extended with zeros, not by
    reflection, so an utterance has the same features alone as in a padded batch. Several
    channels give their bins one after the other.

    Shape: ``(batch, channels, samples)`` to ``(batch, channels * bins, samples // hop + 1)``.

    Args:
        sample_rate: in hertz.
        channels: of the waveform.
        bins: number of mel filters.
        window_ms: length of the Hann window, in milliseconds.
        hop_ms: step between frames, in milliseconds.
        low_hz: lower edge of the lowest filter.
        high_hz: upper edge of the highest filter; half the sample rate where not given.
        n_fft: length of the Fourier transform, in samples; where not given, the least power
            of two that holds the window and leaves no filter empty.
        floor: smallest mel energy; silence maps to ``log(floor)``, not to minus infinity, or with
            ``range_db`` to 0.
        range_db: where given, energies are told relative to the loudest one of the utterance, as
            ``log(1 + energy / bend)`` with the bend so many decibels below it. How loud it is and
            what is fainter than that, such as the noise of a microphone, hardly count then.
        normalize: see :class:`~asr.features.normalize.Normalize`.

    Raises:
        ValueError: a value is out of range, or a filter would be empty.
    """

    filters: Tensor  # (n_fft // 2 + 1, bins)
    hann: Tensor  # (window,)

    def __init__(
        self,
        sample_rate: int,
        *,
        channels: int = 1,
        bins: int = 80,
        window_ms: float = 25.0,
        hop_ms: float = 10.0,
        low_hz: float = 0.0,
        high_hz: float | None = None,
        n_fft: int | None = None,
        floor: float = 1e-6,
        range_db: float | None = None,
        normalize: Normalization = "utterance",
    ) -> None:
        super().__init__()
        high_hz = sample_rate / 2 if high_hz is None else high_hz
        _refuse_what_cannot_be(sample_rate, channels, bins, window_ms, hop_ms, low_hz, high_hz)
        if not floor > 0:
            raise ValueError(f"floor must be above 0, or silence has no logarithm, got {floor:g}")
        if range_db is not None and not 1 <= range_db <= 200:
            raise ValueError(f"range_db must be 1 to 200 decibels, got {range_db:g}")
        self.sample_rate = sample_rate
        self.channels = channels
        self.hop = round(sample_rate * hop_ms / 1000)
        self.window = round(sample_rate * window_ms / 1000)
        if self.hop < 1:
            raise ValueError(f"hop_ms must be at least one sample, got {hop_ms:g} ms")
        self.out_channels = channels * bins
        self.floor, self.range_db = floor, range_db
        if n_fft is None:
            n_fft = _roomy_n_fft(self.window, sample_rate, bins, low_hz, high_hz)
        if n_fft % 2 or not self.window <= n_fft <= _LARGEST_FFT:
            raise ValueError(
                f"n_fft must be even and {self.window} samples, the window, to {_LARGEST_FFT}, "
                f"got {n_fft}"
            )
        filters = _filters(n_fft, sample_rate, bins, low_hz, high_hz)
        if empty := _empty(filters):
            raise ValueError(
                f"{empty} of {bins} mel filters would be empty with n_fft {n_fft}; "
                "use fewer bins or a larger n_fft"
            )
        self.n_fft = n_fft
        self._bands = list(_bands(filters))
        # Both follow from the arguments, so the weights need not carry them.
        self.register_buffer("filters", filters, persistent=False)
        hann = torch.hann_window(self.window, device="cpu")
        self.register_buffer("hann", hann, persistent=False)
        self.normalize = Normalize(normalize, self.out_channels)

    @property
    def span(self) -> Span:
        span = Span(self.window // 2, (self.window - 1) // 2, self.hop)
        return self.normalize.span_after(span._replace(whole=self.range_db is not None))

    @property
    def streaming_obstacle(self) -> str:
        """Why features have to wait for the end of the utterance; empty where they have not."""
        return "" if self.range_db is None else "relative to the loudest of the utterance"

    def output_length(self, length: Length) -> Length:
        return length // self.hop + 1

    def forward(self, waveforms: Padded) -> Padded:
        return self.normalize(self.raw(waveforms))

    def raw(self, waveforms: Padded) -> Padded:
        """The features before normalisation, from which global statistics are computed."""
        # Half precision cannot hold the range of mel energies, so autocast stops here.
        with torch.autocast(waveforms.values.device.type, enabled=False):
            energies = self._energies(waveforms.zeroed().values.float())
            y = Padded(energies, self.output_length(waveforms.lengths))
            return y._replace(values=self._logarithm(y))

    def _logarithm(self, energies: Padded) -> Tensor:
        if self.range_db is None:
            return energies.values.clamp_min(self.floor).log()
        loudest = energies.zeroed().values.amax(dim=(1, 2), keepdim=True)
        bend = loudest.clamp_min(self.floor) * 10 ** (-self.range_db / 10)
        return torch.log1p(energies.values / bend)

    def _energies(self, samples: Tensor) -> Tensor:
        spectrum = torch.stft(
            samples.flatten(0, 1),
            self.n_fft,
            self.hop,
            self.window,
            self.hann,
            center=True,
            pad_mode="constant",
            return_complex=True,
        )  # (batch * channels, frequencies, frames)
        # Real and imaginary part of a frame lie side by side, so the filters add both powers.
        parts = torch.view_as_real(spectrum.transpose(1, 2)).flatten(2)
        power = parts.square_() if not parts.requires_grad else parts.square()
        weights = self.filters.repeat_interleave(2, dim=0)
        energies = torch.cat(
            [power[..., rows] @ weights[rows, columns] for rows, columns in self._bands], dim=-1
        )
        # The bins of a frame lie side by side, as convolutions on a CPU want them.
        return energies.transpose(1, 2).reshape(len(samples), -1, spectrum.shape[-1])


def _refuse_what_cannot_be(
    sample_rate: int,
    channels: int,
    bins: int,
    window_ms: float,
    hop_ms: float,
    low_hz: float,
    high_hz: float,
) -> None:
    if not 1_000 <= sample_rate <= 192_000:
        raise ValueError(f"sample_rate must be 1000 to 192000 Hz, got {sample_rate}")
    if channels < 1 or not 1 <= bins <= 1024:
        raise ValueError(f"need channels >= 1 and bins of 1 to 1024, got {channels} and {bins}")
    if not 1 <= window_ms <= 1000 or not 0.5 <= hop_ms <= window_ms:
        raise ValueError(
            "window_ms must be 1 to 1000 and hop_ms 0.5 to window_ms, "
            f"got {window_ms:g} and {hop_ms:g}"
        )
    if not 0 <= low_hz < high_hz <= sample_rate / 2:
        raise ValueError(
            f"need 0 <= low_hz < high_hz <= {sample_rate / 2:g} Hz, half the sample rate, "
            f"got {low_hz:g} and {high_hz:g}"
        )


def _roomy_n_fft(window: int, sample_rate: int, bins: int, low_hz: float, high_hz: float) -> int:
    n_fft = 1 << (window - 1).bit_length()
    for _ in range(3):
        if not _empty(_filters(n_fft, sample_rate, bins, low_hz, high_hz)):
            break
        n_fft *= 2  # finer frequency steps, the same window
    return n_fft


def _filters(n_fft: int, sample_rate: int, bins: int, low_hz: float, high_hz: float) -> Tensor:
    # The count of empty filters reads values, which the meta device does not have.
    with torch.device("cpu"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # empty filters are counted by the caller
        return torchaudio.functional.melscale_fbanks(
            n_fft // 2 + 1, low_hz, high_hz, bins, sample_rate
        )


def _bands(filters: Tensor) -> Iterator[tuple[slice, slice]]:
    """Neighbouring filters, and where they are not zero, counting two rows for each frequency."""
    for begin in range(0, filters.shape[1], _NEIGHBOURS):
        columns = slice(begin, min(begin + _NEIGHBOURS, filters.shape[1]))
        used = filters[:, columns].amax(dim=1).nonzero()
        yield slice(2 * int(used[0]), 2 * int(used[-1]) + 2), columns


def _empty(filters: Tensor) -> int:
    return int((filters.amax(dim=0) <= 0).sum())
