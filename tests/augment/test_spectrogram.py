"""What holds for every augmentation of features."""

import pytest
import torch
from torch import nn

from asr.augment.filter_augment import FilterAugment
from asr.augment.spec_augment import SpecAugment
from asr.augment.spec_cutout import SpecCutout
from asr.augment.spectrogram import SpectrogramChain
from asr.augment.time_warp import TimeWarp
from asr.padded import Padded

PARTS = [
    SpecAugment(),
    SpecAugment(time_masks=8, time_mask_rate=0.04),
    SpecCutout(),
    TimeWarp(),
    FilterAugment(),
    FilterAugment(kind="step"),
    SpectrogramChain([TimeWarp(), FilterAugment(), SpecCutout(), SpecAugment()]),
]
KEYS = torch.arange(32) * 7919
LENGTHS = torch.arange(32) * 6 + 1
VALUES = torch.randn(32, 80, 190, generator=torch.Generator().manual_seed(1))

every = pytest.mark.parametrize("part", PARTS, ids=lambda part: repr(part)[:40])


@every
def test_evaluation_leaves_the_features_alone(part: nn.Module) -> None:
    part.eval()
    features = Padded(VALUES, LENGTHS)
    assert torch.equal(part(features, KEYS).values, VALUES)
    part.train()


@every
def test_an_utterance_is_changed_alike_alone_and_in_any_batch(part: nn.Module) -> None:
    together = part(Padded(VALUES, LENGTHS), KEYS)

    assert torch.equal(together.lengths, LENGTHS)
    for row in range(0, 32, 5):
        length = int(LENGTHS[row])
        alone = part(
            Padded(VALUES[row : row + 1, :, :length], LENGTHS[row : row + 1]), KEYS[row : row + 1]
        )
        assert torch.equal(alone.values[0], together.values[row, :, :length])


@every
def test_it_is_a_function_of_the_key_and_not_of_the_global_generator(part: nn.Module) -> None:
    features = Padded(VALUES, LENGTHS)
    torch.manual_seed(1)
    once = part(features, KEYS).values
    torch.manual_seed(2)

    assert torch.equal(once, part(features, KEYS).values)
    assert not torch.equal(once, part(features, KEYS + 1).values)
    assert not torch.equal(once, VALUES)


@every
def test_half_precision_stays_half_precision_and_gradients_flow(part: nn.Module) -> None:
    values = VALUES.bfloat16().requires_grad_()
    changed = part(Padded(values, LENGTHS), KEYS).values
    changed.float().square().sum().backward()
    assert changed.dtype == torch.bfloat16
    assert values.grad is not None
    assert values.grad.isfinite().all()


def test_a_chain_applies_its_parts_in_order_and_refuses_two_of_a_kind() -> None:
    features = Padded(VALUES, LENGTHS)
    masked_last = SpectrogramChain([FilterAugment(), SpecAugment()])(features, KEYS).values
    expected = SpecAugment()(FilterAugment()(features, KEYS), KEYS).values
    assert torch.equal(masked_last, expected)
    with pytest.raises(ValueError, match="SpecAugment is there twice"):
        SpectrogramChain([SpecAugment(), SpecAugment()])
