"""Rooms of the world: their measured impulse responses."""

import torch
from torch import Tensor

from asr.augment.draw import check_probability, happens
from asr.augment.filtering import convolved, loudness
from asr.augment.recordings import Recordings

_LONGEST = 10.0  # seconds; what is longer is no impulse response


class RecordedRoom:
    """Convolve with an impulse response from a folder, of a room or of a microphone.

    The recording keeps its loudness and its instants: what a response has before its peak, which
    is the way from the loudspeaker, is cut off.

    Shape: ``(channels, samples)`` to the same; what rings on after the end is cut off.

    Args:
        folder: of audio files of up to 10 s, searched with the folders in it; one that is silent
            changes nothing.
        probability: share of the recordings that take part.
    """

    def __init__(self, folder: str, *, probability: float = 0.5) -> None:
        check_probability(probability)
        self.recordings = Recordings(folder, longest=_LONGEST)
        self.probability = probability

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        if not happens(self.probability, generator):
            return waveform
        response = self.recordings.whole(sample_rate, generator)
        if not response.any():
            return waveform
        heard = convolved(waveform, response[int(response.abs().argmax()) :])
        return heard * (loudness(waveform) / loudness(heard).clamp(min=1e-12))
