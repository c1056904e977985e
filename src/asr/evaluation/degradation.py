"""Ways in which recordings are worse than those of a corpus, each the same for an utterance."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from asr.augment.filtering import convolved
from asr.augment.noise import Noise
from asr.augment.reverberation import room
from asr.augment.waveform import Transform
from asr.resample import resample

_TELEPHONE = 8000  # hertz
_COLORS: tuple[Literal["white", "pink"], ...] = ("white", "pink")


@dataclass(frozen=True, slots=True)
class Clean:
    """Nothing is done.

    Shape: ``(channels, samples)`` to the same.
    """

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        return waveform


@dataclass(frozen=True, slots=True)
class Telephone:
    """Nothing above 4 kHz, as of a recording at 8 kHz.

    Shape: ``(channels, samples)`` to the same.
    """

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        if sample_rate <= _TELEPHONE:
            return waveform
        narrow = resample(waveform, sample_rate, _TELEPHONE)
        return resample(narrow, _TELEPHONE, sample_rate)[..., : waveform.shape[-1]]


@dataclass(frozen=True, slots=True)
class Reverberation:
    """A room: the sound itself, and noise that dies away after it, as loud as the sound.

    The noise loses 60 dB in ``seconds``. Its loudness is that of the whole impulse response
    after the sound itself: the direct-to-reverberant ratio is 0 dB.

    Shape: ``(channels, samples)`` to the same; what rings on after the end is cut off.

    Args:
        seconds: reverberation time (RT60), above 0: 0.3 in a living room, 1 in a hall.
    """

    seconds: float

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        return convolved(waveform, room(self.seconds, 0.0, sample_rate, generator))


def conditions(
    ratios_db: tuple[float, ...] = (20, 10, 5, 0), seconds: tuple[float, ...] = (0.3, 0.6, 1.0)
) -> dict[str, Transform]:
    """The conditions of a robustness curve, by name; the clean one first.

    Args:
        ratios_db: signal-to-noise ratios of white and of pink noise.
        seconds: reverberation times.
    """
    found: dict[str, Transform] = {"clean": Clean()}
    for color in _COLORS:
        for ratio in ratios_db:
            found[f"{color} noise {ratio:g} dB"] = Noise(ratio, ratio, color, probability=1.0)
    found["8 kHz band"] = Telephone()
    found |= {f"reverberation {each:g} s": Reverberation(each) for each in seconds}
    return found
