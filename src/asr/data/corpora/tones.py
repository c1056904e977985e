"""A made-up language of pure tones: learnable in seconds, and needs no download."""

import math
import random
from pathlib import Path

import soundfile
import torch
from torch import Tensor

from asr.data.generated import GeneratedFolder
from asr.data.utterance import Split, Utterance
from asr.keyed import generator, key

SAMPLE_RATE = 8_000
SECONDS_PER_LETTER = 0.12
HERTZ = {"a": 400.0, "b": 900.0, "c": 1600.0}
_NOISE = 0.003  # standard deviation, 23 to 37 dB below the tones


class Tones:
    """Utterances in which each letter is a tone of its own and a space is silence.

    One to four words of one to four letters; loudness and pitch (by 3 percent) differ from
    utterance to utterance. The label, for classification, is the first letter.

    Args:
        root: folder to write the audio into.
        train, val, test: number of utterances in each split.
        seed: another seed is another corpus.
    """

    def __init__(
        self, root: str, *, train: int = 256, val: int = 32, test: int = 32, seed: int = 0
    ) -> None:
        self.sizes: dict[Split, int] = {"train": train, "val": val, "test": test}
        if min(self.sizes.values()) < 0:
            raise ValueError(f"the splits must hold 0 utterances or more, got {self.sizes}")
        self.seed = seed
        arguments = {"train": train, "val": val, "test": test, "seed": seed}
        self._folder = GeneratedFolder.of(root, "tones", arguments)

    def prepare(self) -> None:
        """Write the audio; a second call does nothing."""
        if self._folder.manifest.exists():
            return
        self._folder.finish(
            (split, self._make(split, index))
            for split, size in self.sizes.items()
            for index in range(size)
        )

    def sources(self, split: Split) -> list[Path]:
        return [self._folder.manifest]

    def utterances(self, split: Split) -> list[Utterance]:
        return list(self._folder.utterances(split))

    def _make(self, split: Split, index: int) -> Utterance:
        seed = key("tones", self.seed, split, index)
        text = _sentence(random.Random(seed))
        waveform = _speak(text, generator(seed))
        path = self._folder.audio(split, index)
        soundfile.write(path, waveform.numpy(), SAMPLE_RATE, subtype="PCM_16")
        return Utterance(
            id=f"{split}-{index:06d}",
            path=path,
            text=text,
            label=text[0],
            seconds=len(waveform) / SAMPLE_RATE,
        )


def _sentence(rng: random.Random) -> str:
    words = ("".join(rng.choices("abc", k=rng.randint(1, 4))) for _ in range(rng.randint(1, 4)))
    return " ".join(words)


def _speak(text: str, generator: torch.Generator) -> Tensor:
    amplitude, pitch = torch.rand(2, generator=generator).tolist()
    amplitude, pitch = 0.1 + 0.4 * amplitude, 0.97 + 0.06 * pitch
    samples = round(SECONDS_PER_LETTER * SAMPLE_RATE)
    time = torch.arange(samples) / SAMPLE_RATE
    fade = torch.hann_window(samples)  # a dip between letters, so that "aa" is not a longer "a"
    letters = [torch.sin(2 * math.pi * HERTZ.get(c, 0.0) * pitch * time) * fade for c in text]
    noise = torch.randn(len(text) * samples, generator=generator)
    return amplitude * torch.cat(letters) + _NOISE * noise
