"""Filters, applied in the frequency domain."""

from collections.abc import Callable

import torch
from torch import Tensor

_RINGING_MS = 50  # of zeros after the end, into which a filter may ring


def filtered(waveform: Tensor, sample_rate: int, gain: Callable[[Tensor], Tensor]) -> Tensor:
    """Multiply each frequency by a gain of its own, without a delay at any of them.

    Shape: ``(channels, samples)`` to the same.

    Args:
        gain: factors at frequencies in hertz, ``(frequencies,)`` to the same; smooth, so that
            what it does to a click dies away within some 50 ms.
    """
    samples = waveform.shape[-1]
    size = _fast(samples + _RINGING_MS * sample_rate // 1000)
    hertz = torch.arange(size // 2 + 1) * (sample_rate / size)
    return torch.fft.irfft(torch.fft.rfft(waveform, size) * gain(hertz), size)[..., :samples]


def convolved(waveform: Tensor, response: Tensor) -> Tensor:
    """What a room, a microphone or any other system makes of a waveform.

    Shape: waveform ``(channels, samples)`` and impulse response ``(taps,)`` to
    ``(channels, samples)``; what rings on after the end is cut off.
    """
    samples = waveform.shape[-1]
    size = _fast(samples + len(response) - 1)
    spectrum = torch.fft.rfft(waveform, size) * torch.fft.rfft(response, size)
    return torch.fft.irfft(spectrum, size)[..., :samples]


def loudness(waveform: Tensor) -> Tensor:
    """Root mean square over all channels and samples, a scalar."""
    return waveform.square().mean().sqrt()


def _fast(size: int) -> int:
    """A power of two, or five times one, that is at least ``size``: these are fast.

    >>> [_fast(size) for size in (1, 9, 1024, 1025, 1281)]
    [1, 10, 1024, 1280, 2048]
    """
    power = 1 << (size - 1).bit_length()
    five = power // 8 * 5
    return five if five >= size else power
