"""Connected digits made from the Free Spoken Digit Dataset: the corpus of the benchmark.

Three to seven digits of one speaker in each utterance, with 50 to 200 ms of silence between and
around them, at 16 kHz. Training utterances are of recordings 5 to 49 of each digit and speaker,
test utterances of 0 to 4, as the dataset asks. A row of the manifest tells, under ``words``, where
each recording begins and ends in its utterance: ``scripts/alignment_error.py`` compares with it.

python scripts/bench/digits.py FSDD/audio OUT [--snr 20]
"""

import argparse
import json
import random
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import soundfile
import torch

from asr.resample import resample

_RATE = 16_000
_NAME = re.compile(r"(\d)_([a-z]+)_(\d+)\.(?:wav|flac|ogg)")
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SIZES = {"train": 2000, "val": 100, "test": 200}


def make(recordings: Path, folder: Path, seed: int = 1, snr: float | None = None) -> Path:
    """Write the audio and ``manifest.jsonl`` into ``folder``; a second call does nothing.

    Args:
        snr: decibels from white noise up to the signal, where there is to be noise.

    Raises:
        ValueError: ``recordings`` holds none of the dataset's files, ``<digit>_<speaker>_<n>.wav``.
    """
    manifest = folder / "manifest.jsonl"
    if manifest.exists():
        return manifest
    clips: dict[tuple[str, bool], list[tuple[int, np.ndarray]]] = defaultdict(list)  # type: ignore[type-arg]
    for path in sorted(recordings.rglob("*")):
        if found := _NAME.fullmatch(path.name):
            samples, rate = soundfile.read(path, dtype="float32")
            clip = resample(torch.from_numpy(samples)[None], rate, _RATE)[0].numpy()
            clips[found[2], int(found[3]) < 5].append((int(found[1]), clip))
    if not clips:
        raise ValueError(f"{recordings}: holds no file named like 7_jackson_32.wav")
    draw = random.Random(seed)
    rows = []
    for split, size in _SIZES.items():
        (folder / split).mkdir(parents=True, exist_ok=True)
        held_out = split == "test"
        speakers = sorted(speaker for speaker, test in clips if test == held_out)
        for number in range(size):
            speaker = draw.choice(speakers)
            said = draw.choices(clips[speaker, held_out], k=draw.randint(3, 7))
            parts, words = [_silence(draw)], []
            for digit, clip in said:
                begin = sum(map(len, parts))
                parts += [clip, _silence(draw)]
                words.append(_timed(_WORDS[digit], begin, begin + len(clip)))
            wave = np.concatenate(parts)
            if snr is not None:
                wave = wave + _noise(wave, snr, (seed, len(rows)))
            path = Path(split) / f"{number:04d}.wav"
            soundfile.write(folder / path, wave, _RATE)
            rows.append(
                {
                    "id": f"{split}-{number:04d}", "audio_filepath": str(path),
                    "duration": len(wave) / _RATE, "speaker": speaker, "split": split,
                    "text": " ".join(_WORDS[digit] for digit, _ in said), "words": words,
                }
            )  # fmt: skip
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return manifest


def _timed(word: str, begin: int, end: int) -> dict[str, str | float]:
    return {"word": word, "begin": round(begin / _RATE, 4), "end": round(end / _RATE, 4)}


def _silence(draw: random.Random) -> np.ndarray:  # type: ignore[type-arg]
    return np.zeros(int(draw.uniform(0.05, 0.2) * _RATE), np.float32)


def _noise(wave: np.ndarray, snr: float, key: tuple[int, int]) -> np.ndarray:  # type: ignore[type-arg]
    noise = np.random.default_rng(key).standard_normal(len(wave), np.float32)
    return noise * np.sqrt(np.mean(wave**2)) * np.float32(10 ** (-snr / 20))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recordings", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--snr", type=float)
    args = parser.parse_args()
    print(make(args.recordings, args.out, snr=args.snr))
