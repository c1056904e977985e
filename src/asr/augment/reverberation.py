"""Recordings as in a room."""

from dataclasses import dataclass

import torch
from torch import Tensor

from asr.augment.draw import between, check_probability, happens
from asr.augment.filtering import convolved, loudness


@dataclass(frozen=True, slots=True)
class Reverberation:
    """A room made up: the sound itself, and noise that dies away after it.

    The noise loses 60 dB within the reverberation time (RT60), as the late sound of a room does;
    early reflections are left out. The recording keeps its loudness and its instants.

    Shape: ``(channels, samples)`` to the same; what rings on after the end is cut off.

    Args:
        shortest, longest: reverberation time in seconds, drawn uniformly: 0.3 in a living room,
            1 in a hall.
        low_db, high_db: ratio of direct to reverberant sound, drawn uniformly: 20 beside the
            microphone, 0 across the room.
        probability: share of the recordings that take part.
    """

    shortest: float = 0.1
    longest: float = 0.6
    low_db: float = 0.0
    high_db: float = 15.0
    probability: float = 0.5

    def __post_init__(self) -> None:
        check_probability(self.probability)
        if not 0 < self.shortest <= self.longest <= 10:
            raise ValueError(
                "expected 0 < shortest <= longest <= 10 seconds, got "
                f"{self.shortest} and {self.longest}; swap them or narrow the range"
            )
        if not -100 <= self.low_db <= self.high_db <= 100:
            raise ValueError(
                "expected -100 <= low_db <= high_db <= 100, got "
                f"{self.low_db} and {self.high_db}; swap them or narrow the range"
            )

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        if not happens(self.probability, generator):
            return waveform
        seconds = between(self.shortest, self.longest, generator)
        ratio_db = between(self.low_db, self.high_db, generator)
        heard = convolved(waveform, room(seconds, ratio_db, sample_rate, generator))
        return heard * (loudness(waveform) / loudness(heard).clamp(min=1e-12))


def room(seconds: float, ratio_db: float, sample_rate: int, generator: torch.Generator) -> Tensor:
    """The impulse response of a room made up, ``(taps,)``; the sound itself comes first, as 1.

    Args:
        seconds: until the noise after it has lost 60 dB.
        ratio_db: power of the sound itself over that of all the rest.
    """
    length = max(2, round(seconds * sample_rate))
    time = torch.arange(length) / sample_rate
    tail = torch.randn(length, generator=generator) * 10 ** (-3 * time / seconds)
    tail[0] = 0
    response = tail / tail.square().sum().sqrt() * 10 ** (-ratio_db / 20)
    response[0] = 1
    return response
