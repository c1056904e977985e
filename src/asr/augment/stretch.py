"""Longer and shorter sound at the same pitch, by laying over each other pieces that match."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

Samples = np.ndarray[Any, np.dtype[np.float32]]
_WINDOW_MS = 30  # two periods of the lowest voices
_SEARCH_MS = 8  # to both sides, together a period of them


def stretched(waveform: Tensor, sample_rate: int, factor: float) -> Tensor:
    """Play ``factor`` times as fast, without a change of pitch.

    WSOLA: pieces of the sound are laid over each other, nearer or farther apart than they were;
    each is taken where, near its place, it is most like what followed the piece before it.
    Verhelst and Roelands, 1993, "An overlap-add technique based on waveform similarity (WSOLA)
    for high quality time-scale modification of speech". All channels are cut alike.

    Shape: ``(channels, samples)`` to ``(channels, ceil(samples / factor))``.
    """
    channels, samples = waveform.shape
    length = -int(-samples // factor)
    hop = max(1, _WINDOW_MS * sample_rate // 2000)
    search = _SEARCH_MS * sample_rate // 1000
    window: Samples = np.hanning(2 * hop + 1)[:-1].astype(np.float32)
    before = search + hop  # zeros, so that the first piece has its middle at the first sample
    padded = np.pad(waveform.numpy(), ((0, 0), (before, search + 4 * hop)))
    mixed: Samples = padded.mean(axis=0)
    pieces = -(-length // hop) + 1
    found: Samples = np.zeros((channels, (pieces + 1) * hop), np.float32)
    begin = search
    for piece in range(pieces):
        place = search + min(round(piece * hop * factor), samples)
        if piece:
            begin = place - search + _most_alike(
                mixed[begin + hop : begin + 3 * hop],
                mixed[place - search : place + search + 2 * hop],
            )  # fmt: skip
        found[:, piece * hop : (piece + 2) * hop] += padded[:, begin : begin + 2 * hop] * window
    return torch.from_numpy(found[:, hop : hop + length].copy())


def _most_alike(piece: Samples, region: Samples) -> int:
    """Where in ``region`` the cosine to ``piece`` is greatest."""
    energy = np.cumsum(np.concatenate([np.zeros(1), np.square(region, dtype=np.float64)]))
    norm = np.sqrt(np.maximum(energy[len(piece) :] - energy[: -len(piece)], 1e-12))
    return int((np.correlate(region, piece) / norm).argmax())
