import pytest
import torch

from asr.augment.spec_augment import SpecAugment
from asr.padded import Padded

KEYS = torch.arange(64) * 7919
BINS, FRAMES = 80, 200


def _ones(lengths: torch.Tensor, frames: int = FRAMES) -> Padded:
    return Padded(torch.ones(len(lengths), BINS, frames), lengths)


def _bands(blank: torch.Tensor) -> list[int]:
    """Widths of the runs of true."""
    edges = torch.cat([torch.tensor([0]), blank.int(), torch.tensor([0])]).diff()
    starts, ends = (edges == 1).nonzero().flatten(), (edges == -1).nonzero().flatten()
    return (ends - starts).tolist()


def test_evaluation_leaves_the_features_alone() -> None:
    features = _ones(torch.tensor([200, 100]))

    assert SpecAugment().eval()(features, KEYS[:2]) is features


def test_an_utterance_is_masked_alike_alone_and_in_any_batch() -> None:
    lengths = torch.randint(1, FRAMES, (64,))
    together = SpecAugment()(_ones(lengths), KEYS)

    for row in range(0, 64, 7):
        length = int(lengths[row])
        alone = SpecAugment()(_ones(lengths[row : row + 1], length), KEYS[row : row + 1])
        assert torch.equal(alone.values[0], together.values[row, :, :length])


def test_masks_are_a_function_of_the_key_and_not_of_the_global_generator() -> None:
    features = _ones(torch.full((64,), FRAMES))
    torch.manual_seed(1)
    once = SpecAugment()(features, KEYS).values
    torch.manual_seed(2)

    assert torch.equal(once, SpecAugment()(features, KEYS).values)
    assert not torch.equal(once, SpecAugment()(features, KEYS + 1).values)
    assert not torch.equal(once[0], once[1])


def test_one_frequency_mask_covers_whole_bins_up_to_its_width_and_reaches_every_bin() -> None:
    augment = SpecAugment(frequency_masks=1, frequency_width=10, time_masks=0)
    keys = torch.arange(3000)

    values = augment(Padded(torch.ones(3000, BINS, 2), torch.full((3000,), 2)), keys).values

    assert torch.equal(values[:, :, 0], values[:, :, 1])
    widths = [_bands(row == 0) for row in values[:, :, 0]]
    assert all(len(bands) <= 1 for bands in widths)
    assert {bands[0] for bands in widths if bands} == set(range(1, 11))
    assert 200 < sum(not bands for bands in widths) < 350  # one in eleven has width 0
    assert bool((values == 0).any(dim=0).all())


def test_time_masks_lie_within_the_true_length_and_its_fraction() -> None:
    lengths = torch.arange(1, 3001) % FRAMES + 1
    augment = SpecAugment(frequency_masks=0, time_masks=1, time_width=30, time_fraction=0.2)

    values = augment(_ones(lengths), torch.arange(3000)).values

    assert torch.equal(values[:, :1].expand_as(values), values)
    for row, length in zip(values[:, 0] == 0, lengths.tolist(), strict=True):
        assert not row[length:].any()
        assert sum(_bands(row)) <= min(30, int(0.2 * length))
    long = values[lengths == FRAMES, 0]
    assert max(sum(_bands(row == 0)) for row in long) > 20


def test_with_a_rate_longer_utterances_have_more_masks_up_to_the_most() -> None:
    lengths = torch.tensor([24, 25, 60, 100, 200]).repeat(400)
    augment = SpecAugment(
        frequency_masks=0, time_masks=4, time_width=99, time_fraction=0.1, time_mask_rate=0.04
    )

    values = augment(_ones(lengths), torch.arange(2000)).values

    for length, most in ((24, 0), (25, 1), (60, 2), (100, 4), (200, 4)):
        blank = values[lengths == length, 0, :length] == 0
        widths = [_bands(row) for row in blank]
        assert max(len(bands) for bands in widths) == most
        assert all(sum(bands) <= most * (length // 10) for bands in widths)


def test_what_is_not_masked_is_untouched_and_the_gradient_flows_there() -> None:
    values = torch.randn(4, BINS, FRAMES, requires_grad=True)
    features = Padded(values, torch.full((4,), FRAMES))

    masked = SpecAugment()(features, KEYS[:4]).values
    masked.sum().backward()

    kept = masked != 0
    assert torch.equal(masked[kept], values[kept])
    assert values.grad is not None
    assert torch.equal(values.grad, kept.float())
    assert 0 < float((~kept).float().mean()) < 0.5


def test_no_masks_at_all_is_the_identity() -> None:
    features = _ones(torch.tensor([200]))

    masked = SpecAugment(frequency_masks=0, time_masks=0)(features, KEYS[:1])

    assert torch.equal(masked.values, features.values)


def test_half_precision_stays_half_precision() -> None:
    features = Padded(torch.ones(2, BINS, 10, dtype=torch.bfloat16), torch.tensor([10, 4]))

    assert SpecAugment()(features, KEYS[:2]).values.dtype == torch.bfloat16


@pytest.mark.parametrize(
    "arguments",
    [
        {"frequency_masks": -1},
        {"time_width": -2},
        {"time_fraction": -0.1},
        {"time_masks": 5, "time_fraction": 0.2},
        {"time_mask_rate": 1.5},
        {"time_mask_rate": float("nan")},
    ],
)
def test_arguments_that_cannot_be_are_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="time"):
        SpecAugment(**arguments)  # type: ignore[arg-type]


def test_masks_that_could_blank_every_bin_are_refused_when_the_bins_are_known() -> None:
    features = Padded(torch.ones(1, 30, 10), torch.tensor([10]))

    with pytest.raises(ValueError, match="at most 14"):
        SpecAugment(frequency_masks=2, frequency_width=15)(features, KEYS[:1])
