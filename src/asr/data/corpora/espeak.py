"""Connected digits, spoken on the spot by eSpeak NG: a corpus that needs no download."""

import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import soundfile
import torch
import torch.nn.functional as F
from torch import Tensor

from asr.data.audio import HIGHEST_RATE, LOWEST_RATE
from asr.data.corpora.espeak_voice import RATE, Saying, Variant, speak, variants
from asr.data.generated import GeneratedFolder
from asr.data.utterance import Split, Utterance
from asr.errors import InputError
from asr.keyed import key
from asr.resample import resample

DIGITS = ["oh", "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
ACCENTS = (  # all of eSpeak NG's English but Shavian, which says digits as "en" does
    "en",
    "en-029",
    "en-gb-scotland",
    "en-gb-x-gbclan",
    "en-gb-x-gbcwmd",
    "en-gb-x-rp",
    "en-us",
    "en-us-nyc",
)
HELD_OUT = 0.1  # of the variants, for each of validation and test
_BLOCK = 128  # utterances spoken by one process
_VERSION = 1  # counts changes to this file that change the audio


class Espeak:
    """Strings of English digits in hundreds of synthetic voices, as clean as they come.

    A voice is an accent and a variant (a timbre), and ``speaker`` names both, as in
    ``en-us+Andy``. The variants of validation and test are never heard in training with any
    accent, nor are siblings of theirs: variants that share their formants stay in training.
    Rate, pitch, pitch range and the gap between words are drawn for every utterance. The audio
    is a pure function of the arguments and of the installed eSpeak NG, which is under the
    GPL-3 and only loaded at run time.

    It sounds robotic: report on real speech too.

    Args:
        root: folder to write the audio into.
        train, val, test: number of utterances in each split.
        seed: another seed is another corpus, with other voices held out.
        fewest_digits, most_digits: length of an utterance, in words.
        sample_rate: of the files, in hertz.
    """

    def __init__(
        self,
        root: str,
        *,
        train: int = 2500,
        val: int = 250,
        test: int = 250,
        seed: int = 0,
        fewest_digits: int = 3,
        most_digits: int = 7,
        sample_rate: int = 16_000,
    ) -> None:
        self.sizes: dict[Split, int] = {"train": train, "val": val, "test": test}
        self.seed = seed
        self.fewest_digits, self.most_digits = fewest_digits, most_digits
        self.sample_rate = sample_rate
        self._refuse_what_cannot_be()
        arguments = {
            "train": train,
            "val": val,
            "test": test,
            "seed": seed,
            "fewest_digits": fewest_digits,
            "most_digits": most_digits,
            "sample_rate": sample_rate,
            "version": _VERSION,
        }
        self._folder = GeneratedFolder.of(root, "digits", arguments)

    def prepare(self) -> None:
        """Speak and write the audio, in seconds; a second call does nothing.

        Raises:
            InputError: eSpeak NG is not installed or does not run here.
        """
        if self._folder.manifest.exists():
            return
        voices = voices_by_split(variants(), self.seed)
        blocks = [
            _Block(split, range(first, min(first + _BLOCK, size)), voices[split])
            for split, size in self.sizes.items()
            for first in range(0, size, _BLOCK)
        ]
        with ThreadPoolExecutor() as pool:
            spoken = list(pool.map(self._speak, blocks))
        self._folder.finish(
            (block.split, utterance)
            for block, utterances in zip(blocks, spoken, strict=True)
            for utterance in utterances
        )

    def sources(self, split: Split) -> list[Path]:
        return [self._folder.manifest]

    def utterances(self, split: Split) -> list[Utterance]:
        return list(self._folder.utterances(split))

    def _speak(self, block: "_Block") -> list[Utterance]:
        sayings = [self._saying(block, index) for index in block.indices]
        return [
            self._write(block.split, index, saying, samples)
            for index, saying, samples in zip(block.indices, sayings, speak(sayings), strict=True)
        ]

    def _saying(self, block: "_Block", index: int) -> Saying:
        rng = random.Random(key("espeak", self.seed, block.split, index))
        count = rng.randint(self.fewest_digits, self.most_digits)
        return Saying(
            text=" ".join(rng.choices(DIGITS, k=count)),
            voice=rng.choice(block.voices),
            words_per_minute=rng.randint(110, 200),
            pitch=rng.randint(25, 75),
            pitch_range=rng.randint(25, 75),
            word_gap=rng.randint(0, 4),
        )

    def _write(self, split: Split, index: int, saying: Saying, samples: bytes) -> Utterance:
        if not samples:
            raise InputError(f"{saying.voice}: eSpeak NG said nothing; choose another corpus")
        spoken = torch.frombuffer(bytearray(samples), dtype=torch.int16).float() / (1 << 15)
        waveform = _resample(spoken, self.sample_rate).clamp(-1, 1)
        path = self._folder.audio(split, index)
        soundfile.write(path, waveform.numpy(), self.sample_rate, subtype="PCM_16")
        accent, variant = saying.voice.split("+")
        return Utterance(
            id=f"{split}-{index:06d}",
            path=path,
            text=saying.text,
            speaker=saying.voice,
            seconds=len(waveform) / self.sample_rate,
            extras={
                "accent": accent,
                "variant": variant,
                "words_per_minute": saying.words_per_minute,
            },
        )

    def _refuse_what_cannot_be(self) -> None:
        if min(self.sizes.values()) < 0:
            raise ValueError(f"the splits must hold 0 utterances or more, got {self.sizes}")
        if not 1 <= self.fewest_digits <= self.most_digits:
            raise ValueError(
                "expected 1 <= fewest_digits <= most_digits, got "
                f"{self.fewest_digits} and {self.most_digits}"
            )
        if not LOWEST_RATE <= self.sample_rate <= HIGHEST_RATE:
            raise ValueError(
                f"sample_rate must be {LOWEST_RATE} to {HIGHEST_RATE} Hz, got {self.sample_rate}"
            )


class _Block(NamedTuple):
    split: Split
    indices: range
    voices: list[str]


def voices_by_split(variants: Sequence[Variant], seed: int) -> dict[Split, list[str]]:
    """Share out the variants, and give each of them every accent."""
    siblings = Counter(variant.formants for variant in variants)
    single = [variant.name for variant in variants if siblings[variant.formants] == 1]
    random.Random(key("espeak", seed, "voices")).shuffle(single)
    count = round(HELD_OUT * len(variants))
    val, test = single[:count], single[count : 2 * count]
    train = [variant.name for variant in variants if variant.name not in {*val, *test}]
    shares: dict[Split, list[str]] = {"train": train, "val": val, "test": test}
    return {
        split: [f"{accent}+{name}" for name in sorted(names) for accent in ACCENTS]
        for split, names in shares.items()
    }


def _resample(spoken: Tensor, rate: int) -> Tensor:
    # In whole seconds, since a convolution spends milliseconds to prepare for each new length.
    whole = F.pad(spoken, (0, -len(spoken) % RATE))
    return resample(whole, RATE, rate)[: -(-len(spoken) * rate // RATE)]
