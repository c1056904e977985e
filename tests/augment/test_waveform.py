from dataclasses import FrozenInstanceError, replace

import pytest
import torch

from asr.augment.band import Band
from asr.augment.crop import Crop
from asr.augment.equalizer import Equalizer
from asr.augment.gain import Gain
from asr.augment.noise import Noise
from asr.augment.pitch import Pitch
from asr.augment.reverberation import Reverberation
from asr.augment.shift import Shift
from asr.augment.speed import Speed
from asr.augment.tempo import Tempo
from asr.augment.waveform import Chain, Transform
from asr.keyed import generator

Change = Speed | Gain | Shift | Noise | Equalizer | Band | Reverberation | Tempo | Pitch | Crop
CHANGES: list[Change] = [
    Speed([0.9, 1.1]),
    Gain(1, 6),
    Shift(most_ms=20),
    Noise(probability=1),
    Noise(color="pink", probability=1),
    Equalizer(probability=1),
    Band((100, 300), (2000, 4000), probability=1),
    Reverberation(probability=1),
    Tempo(probability=1),
    Pitch(probability=1),
    Crop(seconds=0.2),
]


@pytest.mark.parametrize("change", [*CHANGES, Chain(CHANGES)])
def test_a_transform_is_a_pure_function_of_the_seed(change: Transform) -> None:
    waveform = torch.randn(2, 4_000)
    before = waveform.clone()
    torch.manual_seed(1)
    once = change(waveform, 16_000, generator(5))
    torch.manual_seed(2)

    again = change(waveform, 16_000, generator(5))

    assert isinstance(change, Transform)
    assert torch.equal(once, again)
    assert torch.equal(waveform, before)
    assert not torch.equal(once[:, :3000], before[:, :3000])
    assert not torch.equal(once[:, :3000], change(waveform, 16_000, generator(6))[:, :3000])


@pytest.mark.parametrize("change", CHANGES)
def test_probability_zero_is_the_identity(change: Change) -> None:
    waveform = torch.randn(1, 1_000)
    never = replace(change, probability=0)

    for seed in range(20):
        assert torch.equal(never(waveform, 16_000, generator(seed)), waveform)


@pytest.mark.parametrize("change", CHANGES)
def test_probability_is_the_share_of_clips_that_change(
    change: Change,
) -> None:
    waveform = torch.randn(1, 400)
    sometimes = replace(change, probability=0.3)

    changed = sum(
        not torch.equal(sometimes(waveform, 16_000, generator(seed)), waveform)
        for seed in range(400)
    )

    assert 80 < changed < 160


@pytest.mark.parametrize("change", CHANGES)
def test_a_probability_outside_zero_to_one_is_refused(
    change: Change,
) -> None:
    for probability in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="probability"):
            replace(change, probability=probability)


def test_transforms_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Gain().low_db = 3  # type: ignore[misc]


def test_a_chain_applies_its_transforms_in_order_and_an_empty_one_nothing() -> None:
    waveform = torch.randn(1, 2_200)
    shared = generator(3)

    chained = Chain([Speed([1.1]), Noise(probability=1)])(waveform, 16_000, generator(3))

    faster = Speed([1.1])(waveform, 16_000, shared)
    assert torch.equal(chained, Noise(probability=1)(faster, 16_000, shared))
    assert torch.equal(Chain([])(waveform, 16_000, generator(3)), waveform)
