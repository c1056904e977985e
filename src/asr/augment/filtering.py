"""Filters, applied in the frequency domain."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

Spectrum = np.ndarray[Any, np.dtype[np.complexfloating[Any, Any]]]

_RINGING_MS = 50  # of zeros after the end, into which a filter may ring


def filtered(waveform: Tensor, sample_rate: int, gain: Callable[[Tensor], Tensor]) -> Tensor:
    """Multiply each frequency by a gain of its own, without a delay at any of them.

    Shape: ``(channels, samples)`` to the same.

    Args:
        gain: factors at frequencies in hertz, ``(frequencies,)`` to the same; smooth, so that
            what it does to a click dies away within some 50 ms.
    """
    samples = waveform.shape[-1]
    size = fast_size(samples + _RINGING_MS * sample_rate // 1000)
    hertz = torch.arange(size // 2 + 1) * (sample_rate / size)
    return from_spectrum(_spectrum(waveform, size) * gain(hertz).numpy(), size)[..., :samples]


def convolved(waveform: Tensor, response: Tensor) -> Tensor:
    """What a room, a microphone or any other system makes of a waveform.

    Shape: waveform ``(channels, samples)`` and impulse response ``(taps,)`` to
    ``(channels, samples)``; what rings on after the end is cut off.
    """
    samples = waveform.shape[-1]
    size = fast_size(samples + len(response) - 1)
    spectrum = _spectrum(waveform, size) * _spectrum(response, size)
    return from_spectrum(spectrum, size)[..., :samples]


def loudness(waveform: Tensor) -> Tensor:
    """Root mean square over all channels and samples, a scalar."""
    return waveform.square().mean().sqrt()


def _spectrum(waveform: Tensor, size: int) -> Spectrum:
    return np.fft.rfft(waveform.numpy(), size)


def from_spectrum(spectrum: Spectrum, size: int) -> Tensor:
    """The ``size`` samples that have this spectrum, ``(..., size // 2 + 1)``.

    By NumPy, which takes a third of the time that PyTorch does for a transform by itself.
    """
    return torch.from_numpy(np.fft.irfft(spectrum, size).astype(np.float32, copy=False))


def fast_size(size: int) -> int:
    """Of a transform: a power of two, or five times one, that is at least ``size``.

    >>> [fast_size(size) for size in (1, 9, 1024, 1025, 1281)]
    [1, 10, 1024, 1280, 2048]
    """
    power = 1 << (size - 1).bit_length()
    five = power // 8 * 5
    return five if five >= size else power
