"""Long recordings in pieces that fit into memory, cut where it is quiet."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

from asr.data.audio import Channel, audio_info, read_audio

_QUIET = 0.3  # seconds over which quiet is measured
_STEP = 0.02  # seconds from one place that is tried to the next


class Piece(NamedTuple):
    """A part of a recording.

    Attributes:
        begin: where in the recording it begins, in seconds.
        waveform: ``(channels, samples)``.
    """

    begin: float
    waveform: Tensor


def pieces(
    path: Path,
    sample_rate: int,
    *,
    channel: Channel = "mix",
    longest: float = 60.0,
    offset: float = 0.0,
    seconds: float | None = None,
) -> Iterator[Piece]:
    """A recording as a whole, or cut into pieces of at most ``longest`` seconds.

    A cut is made in the middle of the quietest 0.3 s of a piece's second half, so where speech
    pauses no word is cut; in a minute of speech without any pause, or over music, one may be.
    Only one piece at a time is in memory, at the rate and with the channels of the file.

    Args:
        sample_rate: of the result, in hertz.
        longest: in seconds, at least 1; infinite to never cut.
        offset: where in the file the recording begins, in seconds.
        seconds: duration of the recording; ``None`` for all that is left of the file.

    Raises:
        AudioError: the file cannot be read.
    """
    left = audio_info(path).seconds - offset if seconds is None else seconds
    begin = 0.0
    while left - begin > longest:
        place = offset + begin
        window = read_audio(path, sample_rate, channel=channel, offset=place, seconds=longest)
        cut = _quietest(window, sample_rate)
        yield Piece(begin, window[:, :cut].clone())  # without the memory of the rest
        begin += cut / sample_rate
    rest = None if seconds is None else seconds - begin
    last = read_audio(path, sample_rate, channel=channel, offset=offset + begin, seconds=rest)
    yield Piece(begin, last)


def _quietest(window: Tensor, sample_rate: int) -> int:
    """The sample in the second half of ``(channels, samples)`` around which it is quietest."""
    half = window.shape[1] // 2
    energy = window[:, half:].square().sum(dim=0)
    width, step = round(_QUIET * sample_rate), round(_STEP * sample_rate)
    means = F.avg_pool1d(energy[None], width, step)[0]
    return half + int(means.argmin()) * step + width // 2
