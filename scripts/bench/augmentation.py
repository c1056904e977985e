"""What each augmentation costs: milliseconds of one thread for each second of audio.

``python -m scripts.bench.augmentation``; clips of noise of 1 to 8 seconds at 16 kHz, each
augmentation in every clip, the least of several rounds, so that other work does not count.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import torch

from asr.augment.band import Band
from asr.augment.crop import Crop
from asr.augment.equalizer import Equalizer
from asr.augment.filter_augment import FilterAugment
from asr.augment.gain import Gain
from asr.augment.noise import Noise
from asr.augment.pitch import Pitch
from asr.augment.recorded_noise import RecordedNoise
from asr.augment.recorded_room import RecordedRoom
from asr.augment.reverberation import Reverberation
from asr.augment.shift import Shift
from asr.augment.spec_augment import SpecAugment
from asr.augment.spec_cutout import SpecCutout
from asr.augment.speed import Speed
from asr.augment.telephone import Telephone
from asr.augment.tempo import Tempo
from asr.augment.time_warp import TimeWarp
from asr.augment.waveform import Transform
from asr.keyed import generator
from asr.padded import Padded

RATE = 16_000
SECONDS = (1.0, 1.7, 2.9, 4.3, 8.0)
ROUNDS = 25


def waveform_transforms(folder: Path) -> dict[str, Transform]:
    noise = np.random.default_rng(1).normal(0, 0.1, 4 * RATE)
    soundfile.write(folder / "noise.wav", noise, RATE)
    decay = noise[: RATE // 2] * np.exp(-np.arange(RATE // 2) / 1000)
    (folder / "rooms").mkdir()
    soundfile.write(folder / "rooms" / "room.wav", decay, RATE)
    return {
        "Speed": Speed([0.9, 1.1]),
        "Gain": Gain(),
        "Shift": Shift(),
        "Shift, keep": Shift(1000.0, keep=0.02),
        "Crop": Crop(2.0),
        "Noise, white": Noise(probability=1),
        "Noise, pink": Noise(color="pink", probability=1),
        "Equalizer": Equalizer(probability=1),
        "Band": Band((50, 300), (3000, 8000), probability=1),
        "Telephone": Telephone(probability=1),
        "Reverberation": Reverberation(probability=1),
        "RecordedRoom": RecordedRoom(str(folder / "rooms"), probability=1),
        "RecordedNoise": RecordedNoise(str(folder), probability=1),
        "Tempo": Tempo(probability=1),
        "Pitch": Pitch(probability=1),
    }


def feature_modules() -> dict[str, torch.nn.Module]:
    return {
        "SpecAugment": SpecAugment(),
        "SpecAugment, adaptive": SpecAugment(
            time_masks=20, time_width=1000, time_fraction=0.04, time_mask_rate=0.04
        ),
        "TimeWarp": TimeWarp(),
        "SpecCutout": SpecCutout(),
        "FilterAugment": FilterAugment(),
    }


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    torch.set_num_threads(1)
    clips = [torch.randn(1, int(s * RATE), generator=generator(int(10 * s))) for s in SECONDS]
    heard = sum(SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        for name, transform in waveform_transforms(Path(folder)).items():

            def waveforms(seed: int, transform: Transform = transform) -> None:
                for clip in clips:
                    transform(clip, RATE, generator(seed))

            print(f"{name:24} {_milliseconds(waveforms) / heard:6.2f}", flush=True)
    batch = Padded(torch.randn(16, 80, 400), torch.arange(16) * 10 + 250)
    for name, module in feature_modules().items():

        def features(seed: int, module: torch.nn.Module = module) -> None:
            module(batch, torch.arange(16) + seed)

        print(f"{name:24} {_milliseconds(features) / (16 * 4.0):6.2f}", flush=True)


def _milliseconds(work: Callable[[int], None]) -> float:
    work(0)
    taken = []
    for seed in range(1, ROUNDS + 1):
        began = time.perf_counter()
        work(seed)
        taken.append(time.perf_counter() - began)
    return 1000 * min(taken)


if __name__ == "__main__":
    main()
