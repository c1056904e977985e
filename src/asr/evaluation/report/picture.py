"""A log-mel spectrogram as a small PNG."""

import struct
import zlib
from typing import Any

import numpy as np
from torch import Tensor

from asr.features.log_mel import LogMel
from asr.padded import pad

_BINS, _LEVELS = 64, 64
_HOP_MS, _LONGEST_HOP_MS = 10.0, 500.0
_WIDEST = 1000  # pixels; longer utterances get a longer hop
_RANGE = 14.0  # nepers of energy below the loudest that are shown, some 60 dB
# From quiet to loud, like the magma of matplotlib: equal steps look equal, on dark and on light.
_COLOURS = (
    (0, 0, 4), (28, 16, 68), (79, 18, 123), (129, 37, 129), (181, 54, 122),
    (229, 80, 100), (251, 135, 97), (254, 194, 135), (252, 253, 191),
)  # fmt: skip


def spectrogram(waveform: Tensor, sample_rate: int) -> bytes:
    """The PNG of ``(1, samples)``, 64 mel bands high, low ones at the bottom."""
    seconds = waveform.shape[-1] / sample_rate
    hop = min(max(_HOP_MS, 1000 * seconds / _WIDEST), _LONGEST_HOP_MS)
    bands = LogMel(
        sample_rate, bins=_BINS, hop_ms=hop, window_ms=min(max(25.0, 2 * hop), 1000.0),
        normalize="none",
    )  # fmt: skip
    energies = bands.raw(pad([waveform])).values[0].numpy()  # (bins, frames)
    shown = (energies - energies.max()) / _RANGE + 1
    return png((shown.clip(0, 1)[::-1] * (_LEVELS - 1)).round().astype(np.uint8), palette(_LEVELS))


def palette(levels: int) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    """``(levels, 3)`` colours from quiet to loud."""
    places = np.linspace(0, len(_COLOURS) - 1, levels)
    parts = [np.interp(places, range(len(_COLOURS)), part) for part in zip(*_COLOURS, strict=True)]
    return np.stack(parts, 1).round().astype(np.uint8)


def png(
    pixels: "np.ndarray[Any, np.dtype[np.uint8]]", colours: "np.ndarray[Any, np.dtype[np.uint8]]"
) -> bytes:
    """A PNG of ``(height, width)`` numbers of colours."""
    height, width = pixels.shape
    lines = b"".join(b"\0" + line.tobytes() for line in np.ascontiguousarray(pixels))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)  # 8 bits, of a palette
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in (
            (b"IHDR", header), (b"PLTE", colours.tobytes()),
            (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""),
        )
    )  # fmt: skip
