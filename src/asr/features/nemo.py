"""Features as NeMo's preprocessors compute them, which its checkpoints have learnt to hear.

They differ from ours in small things: the shape of windows and filters, what happens at the
edges of a recording, how variance is guarded. Checked against nemo_toolkit 3.0.0.
"""

import warnings
from typing import Literal

import torch
import torchaudio
from torch import Tensor, nn

from asr.features.normalize import Normalize
from asr.padded import Padded, extend
from asr.span import Length, Span

Window = Literal["hann", "hamming", "blackman", "bartlett"]
_WINDOWS = {
    "hann": torch.hann_window,
    "hamming": torch.hamming_window,
    "blackman": torch.blackman_window,
    "bartlett": torch.bartlett_window,
}


class NemoMel(nn.Module):
    """Log-mel energies of ``AudioToMelSpectrogramPreprocessor``, one channel, without dither.

    Shape: ``(batch, 1, samples)`` to ``(batch, bins, samples // hop)``.

    Args:
        sample_rate: in hertz.
        bins: number of mel filters.
        window_ms: length of the window, in milliseconds.
        hop_ms: step between frames, in milliseconds.
        window: its shape.
        n_fft: length of the Fourier transform, in samples; the least power of two that holds
            the window where not given.
        preemphasis: share of each sample that is taken from the next, or ``None``.
        low_hz: lower edge of the lowest filter.
        high_hz: upper edge of the highest filter; half the sample rate where not given.
        guard: what keeps the logarithm finite.
        guard_added: whether it is added to the energy, or is the least that the energy can be.
        normalize: over the utterance, or not at all.

    Raises:
        ValueError: there is no such window, or it is longer than the transform.
    """

    filters: Tensor  # (n_fft // 2 + 1, bins)
    shape: Tensor  # (window,)

    def __init__(
        self,
        sample_rate: int,
        *,
        bins: int = 64,
        window_ms: float = 20.0,
        hop_ms: float = 10.0,
        window: Window = "hann",
        n_fft: int | None = None,
        preemphasis: float | None = 0.97,
        low_hz: float = 0.0,
        high_hz: float | None = None,
        guard: float = 2**-24,
        guard_added: bool = True,
        normalize: Literal["utterance", "none"] = "utterance",
    ) -> None:
        super().__init__()
        self.sample_rate, self.channels, self.out_channels = sample_rate, 1, bins
        self.window, self.hop = (round(ms * sample_rate / 1000) for ms in (window_ms, hop_ms))
        self.n_fft = n_fft or 1 << (self.window - 1).bit_length()
        self.preemphasis, self.guard, self.guard_added = preemphasis, guard, guard_added
        _refuse_what_cannot_be(window, self.window, self.hop, self.n_fft)
        shape = _WINDOWS[window](self.window, periodic=False, device="cpu")
        filters = _filters(self.n_fft, low_hz, high_hz or sample_rate / 2, bins, sample_rate, True)
        self.register_buffer("shape", shape, persistent=False)
        self.register_buffer("filters", filters, persistent=False)
        self.normalize = Normalize(normalize, bins, sample_variance=True)

    @property
    def span(self) -> Span:
        before = 1 if self.preemphasis else 0
        return self.normalize.span_after(
            Span(self.window // 2 + before, (self.window - 1) // 2, self.hop)
        )

    def output_length(self, length: Length) -> Length:
        return length // self.hop

    def forward(self, waveforms: Padded) -> Padded:
        return self.normalize(self.raw(waveforms))

    def raw(self, waveforms: Padded) -> Padded:
        """The features before normalisation."""
        with torch.autocast(waveforms.values.device.type, enabled=False):
            x = waveforms.zeroed()
            samples = x.values[:, 0].float()
            if self.preemphasis:
                later = samples[:, 1:] - self.preemphasis * samples[:, :-1]
                samples = torch.cat([samples[:, :1], later], dim=1)
            edged = extend(Padded(samples[:, None], x.lengths), _edges(self.n_fft), "zeros")
            mel = self.filters.T @ _power(edged[:, 0], self.n_fft, self.hop, self.shape)
            mel = mel + self.guard if self.guard_added else mel.clamp_min(self.guard)
        lengths = self.output_length(waveforms.lengths)
        return Padded(mel.log()[..., : int(samples.shape[1]) // self.hop], lengths)


class NemoMFCC(nn.Module):
    """Cepstral coefficients of ``AudioToMFCCPreprocessor``, one channel, not normalised.

    The signal is extended by reflection at its own ends.

    Shape: ``(batch, 1, samples)`` to ``(batch, coefficients, samples // hop + 1)``.

    Args:
        coefficients: kept, from the lowest; at most ``bins``.
        bins: and the other arguments: as for :class:`NemoMel`.

    Raises:
        ValueError: more coefficients than bins, no such window, or a window longer than the
            transform.
    """

    filters: Tensor  # (n_fft // 2 + 1, bins)
    shape: Tensor  # (window,)
    dct: Tensor  # (bins, coefficients)

    def __init__(
        self,
        sample_rate: int,
        *,
        coefficients: int = 64,
        bins: int = 64,
        window_ms: float = 20.0,
        hop_ms: float = 10.0,
        window: Window = "hann",
        n_fft: int | None = None,
        low_hz: float = 0.0,
        high_hz: float | None = None,
    ) -> None:
        super().__init__()
        if not 1 <= coefficients <= bins:
            raise ValueError(f"coefficients must be 1 to bins ({bins}), got {coefficients}")
        self.sample_rate, self.channels, self.out_channels = sample_rate, 1, coefficients
        self.window, self.hop = (round(ms * sample_rate / 1000) for ms in (window_ms, hop_ms))
        self.n_fft = n_fft or 1 << (self.window - 1).bit_length()
        _refuse_what_cannot_be(window, self.window, self.hop, self.n_fft)
        shape = _WINDOWS[window](self.window, periodic=True, device="cpu")
        filters = _filters(self.n_fft, low_hz, high_hz or sample_rate / 2, bins, sample_rate, False)
        with torch.device("cpu"):
            dct = torchaudio.functional.create_dct(coefficients, bins, norm="ortho")
        self.register_buffer("shape", shape, persistent=False)
        self.register_buffer("filters", filters, persistent=False)
        self.register_buffer("dct", dct, persistent=False)
        self.normalize = Normalize("none", coefficients)

    @property
    def span(self) -> Span:
        # At its ends, a recording stands in for what is beyond them, within the window.
        return Span(self.window // 2, (self.window - 1) // 2, self.hop)

    def output_length(self, length: Length) -> Length:
        return length // self.hop + 1

    def forward(self, waveforms: Padded) -> Padded:
        return self.raw(waveforms).zeroed()

    def raw(self, waveforms: Padded) -> Padded:
        """The same, since there is no normalisation."""
        with torch.autocast(waveforms.values.device.type, enabled=False):
            x = waveforms._replace(values=waveforms.values.float())
            edged = extend(x, _edges(self.n_fft), "reflect")[:, 0]
            mel = self.filters.T @ _power(edged, self.n_fft, self.hop, self.shape)
            values = ((mel + 1e-6).log().transpose(1, 2) @ self.dct).transpose(1, 2)
        return Padded(values, self.output_length(waveforms.lengths))


def _refuse_what_cannot_be(kind: str, window: int, hop: int, n_fft: int) -> None:
    if kind not in _WINDOWS:
        raise ValueError(f"window must be one of {list(_WINDOWS)}, got {kind!r}")
    if hop < 1 or not 1 <= window <= n_fft <= 1 << 16:
        raise ValueError(
            f"need a hop of a sample or more and a window of 1 to n_fft ({n_fft}) samples, "
            f"got {hop} and {window}"
        )


def _edges(n_fft: int) -> tuple[int, int]:
    return n_fft // 2, n_fft // 2


def _power(samples: Tensor, n_fft: int, hop: int, window: Tensor) -> Tensor:
    """Energies ``(batch, n_fft // 2 + 1, frames)`` of ``(batch, samples)`` that have edges."""
    spectrum = torch.stft(
        samples, n_fft, hop, len(window), window, center=False, return_complex=True
    )
    return spectrum.real.square() + spectrum.imag.square()


def _filters(
    n_fft: int, low_hz: float, high_hz: float, bins: int, sample_rate: int, slaney: bool
) -> Tensor:
    """Filters as librosa makes them (Slaney's), or as torchaudio does (HTK's)."""
    with torch.device("cpu"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # empty filters were as empty when the model was trained
        return torchaudio.functional.melscale_fbanks(
            n_fft // 2 + 1, low_hz, high_hz, bins, sample_rate,
            norm="slaney" if slaney else None, mel_scale="slaney" if slaney else "htk",
        )  # fmt: skip
