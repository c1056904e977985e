"""When each logit frame of a recording is, from what the model's own layers say that it hears."""

from typing import NamedTuple

from asr.models.acoustic import AcousticModel

_LEAST = 0.001  # seconds that a frame is given at the edge of the recording


class FrameTime(NamedTuple):
    """The time that a frame stands for: a hop, about the middle of what the frame hears.

    Attributes:
        begin, end: in seconds of the recording, not outside of it.
    """

    begin: float
    end: float


def frame_times(
    model: AcousticModel, frames: int, seconds: float, *, begin: float = 0.0
) -> list[FrameTime]:
    """The time of each of ``frames`` frames.

    Args:
        seconds: duration of the waveform that the model was given.
        begin: where in a recording that waveform begins, in seconds.
    """
    first, hop = model.frame_seconds(0), model.hop_ms / 1000
    edges = [first + (frame - 0.5) * hop for frame in range(frames + 1)]
    # Frames that would lie outside share what is left at the edge, so that each has a duration.
    least = min(_LEAST, seconds / (frames + 1))
    inside = [
        begin + min(max(edge, number * least), seconds - (frames - number) * least)
        for number, edge in enumerate(edges)
    ]
    return [FrameTime(*inside[frame : frame + 2]) for frame in range(frames)]
