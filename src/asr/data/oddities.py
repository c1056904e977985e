"""What is odd about a recording that can be used all the same: noted, never refused."""

from collections.abc import Iterator
from pathlib import Path

import soundfile
import torch
from torch import Tensor

from asr.data.audio import AudioInfo, unknown_size

_FAMILIES = {
    "WAV": {".wav", ".wave"}, "WAVEX": {".wav", ".wave"}, "RF64": {".wav", ".rf64"},
    "W64": {".w64"}, "FLAC": {".flac"}, "OGG": {".ogg", ".oga", ".opus"}, "MP3": {".mp3"},
    "AIFF": {".aiff", ".aif", ".aifc"}, "AU": {".au", ".snd"}, "NIST": {".sph", ".wav", ".nist"},
}  # fmt: skip
_LOUD = 1.2  # codecs that lose some may overshoot full scale, but hardly by more
_FULL_SCALE, _MOST_CLIPPED = 0.9999, 0.01
_OFFSET = 0.01  # of full scale
_QUIET = 1e-3  # -60 dB of full scale


def of_file(path: Path, info: AudioInfo) -> Iterator[str]:
    """What the header of a file that can be read says other than its name, or not at all."""
    with soundfile.SoundFile(path) as file:
        suffixes = _FAMILIES.get(file.format, {path.suffix.lower()})
        if path.suffix.lower() not in suffixes:
            yield f"named {path.suffix or 'without an ending'}, but holds {file.format} audio"
        if unknown_size(file.extra_info):
            yield f"its header does not know its size; read as {info.seconds:.2f} s"


def of_sound(waveform: Tensor) -> Iterator[str]:
    """What stands out in the samples ``(channels, samples)`` of a recording that is not silent."""
    peaks = waveform.abs().amax(dim=1)
    for channel in torch.nonzero(peaks == 0).flatten().tolist():
        yield f"channel {channel} of {len(waveform)} is silent"
    peak, mean = float(peaks.max()), float(waveform.mean())
    clipped = float((waveform.abs() >= _FULL_SCALE).float().mean())
    if peak > _LOUD:
        yield f"samples up to {peak:.3g}, beyond full scale"
    elif clipped > _MOST_CLIPPED and abs(mean) < _FULL_SCALE:
        yield f"{100 * clipped:.1f} % of its samples are at full scale: clipped"
    if abs(mean) > _OFFSET:
        yield f"a constant offset of {mean:.2g}"
    if peak < _QUIET:
        yield f"quiet, no sample above {peak:.1g} of full scale"
