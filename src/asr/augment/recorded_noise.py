"""Noise of the world: recordings of it, added to those of speech."""

import torch
from torch import Tensor

from asr.augment.draw import between, check_probability, happens
from asr.augment.filtering import loudness
from asr.augment.recordings import Recordings


class RecordedNoise:
    """Add part of a recording from a folder at a signal-to-noise ratio over the whole utterance.

    The folder may hold any noise: streets, music, other people talking. A silent utterance stays
    silent, whatever the ratio; all channels hear the same.

    Shape: ``(channels, samples)`` to the same.

    Args:
        folder: of audio files, searched with the folders in it.
        low_db, high_db: the ratio is drawn uniformly from this range.
        probability: share of the utterances that take part.
    """

    def __init__(
        self, folder: str, *, low_db: float = 5.0, high_db: float = 30.0, probability: float = 0.5
    ) -> None:
        check_probability(probability)
        if not -100 <= low_db <= high_db <= 100:
            raise ValueError(
                f"expected -100 <= low_db <= high_db <= 100, got {low_db} and {high_db}; "
                "swap them or narrow the range"
            )
        self.recordings = Recordings(folder)
        self.low_db, self.high_db, self.probability = low_db, high_db, probability

    def __call__(self, waveform: Tensor, sample_rate: int, generator: torch.Generator) -> Tensor:
        if not happens(self.probability, generator):
            return waveform
        ratio_db = between(self.low_db, self.high_db, generator)
        noise = self.recordings.part(waveform.shape[-1], sample_rate, generator)
        level = loudness(waveform) / loudness(noise).clamp(min=1e-6)
        return waveform + noise * level * 10 ** (-ratio_db / 20)
