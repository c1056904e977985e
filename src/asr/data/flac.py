"""Audio as the bytes of a FLAC file, which loses nothing beyond 16 bits."""

import io

import soundfile
from torch import Tensor


def to_flac(waveform: Tensor, sample_rate: int) -> bytes:
    """Encode ``(channels, samples)`` in [-1, 1]; what is beyond is clipped."""
    file = io.BytesIO()
    samples = waveform.clamp(-1, 1).T.contiguous().numpy()
    soundfile.write(file, samples, sample_rate, format="FLAC", subtype="PCM_16")
    return file.getvalue()
