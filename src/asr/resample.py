"""Conversion between sample rates, by the windowed sinc of torchaudio."""

from functools import lru_cache

import torch.nn.functional as F
import torchaudio
from torch import Tensor

_STEP = 16_000  # samples


def resample(waveform: Tensor, rate: int, to_rate: int) -> Tensor:
    """Convert from ``rate`` to ``to_rate`` hertz; only their ratio matters.

    Shape: ``(..., samples)`` to ``(..., ceil(samples * to_rate / rate))``.
    """
    if rate == to_rate:
        return waveform.contiguous()
    samples = waveform.shape[-1]
    # The convolution behind it is set up anew for every length, which costs ten times the work
    # itself; so there are few lengths. Zeros are what it puts after the end anyway.
    padded = F.pad(waveform, (0, -samples % _STEP))
    return _resampler(rate, to_rate)(padded)[..., : -(-samples * to_rate // rate)].contiguous()


@lru_cache(maxsize=64)
def _resampler(rate: int, to_rate: int) -> torchaudio.transforms.Resample:
    return torchaudio.transforms.Resample(rate, to_rate)
