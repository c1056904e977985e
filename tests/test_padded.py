from math import nan

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from asr.padded import pad

LENGTHS = st.lists(st.integers(0, 9), min_size=1, max_size=5)


@given(lengths=LENGTHS, channels=st.integers(1, 3))
def test_what_was_padded_is_all_there(lengths: list[int], channels: int) -> None:
    sequences = [torch.randn(channels, length) for length in lengths]

    batch = pad(sequences, value=7)

    assert batch.values.shape == (len(lengths), channels, max(lengths))
    assert batch.lengths.tolist() == lengths
    assert batch.lengths.dtype == torch.int64
    for row, sequence in zip(batch.values, sequences, strict=True):
        assert torch.equal(row[:, : sequence.shape[-1]], sequence)
        assert (row[:, sequence.shape[-1] :] == 7).all()


@given(lengths=LENGTHS)
def test_the_mask_is_true_at_valid_positions_only(lengths: list[int]) -> None:
    mask = pad([torch.zeros(length) for length in lengths]).mask

    for row, length in zip(mask.tolist(), lengths, strict=True):
        assert row == [True] * length + [False] * (max(lengths) - length)


@pytest.mark.parametrize("middle", [(), (3,), (2, 3)])
def test_zeroed_clears_padding_of_any_rank_whatever_was_there(middle: tuple[int, ...]) -> None:
    batch = pad([torch.ones(*middle, 5), torch.ones(*middle, 2)], nan)

    values = batch.zeroed().values

    assert (values[0] == 1).all()
    assert (values[1, ..., :2] == 1).all()
    assert not values[1, ..., 2:].any()
    assert batch.values.isnan().any()  # the original is left as it was


def test_padding_keeps_the_kind_of_number() -> None:
    assert pad([torch.tensor([1, 2]), torch.tensor([3])]).values.dtype == torch.int64
    assert pad([torch.ones(2).bfloat16()]).values.dtype == torch.bfloat16


def test_gradients_reach_every_sequence() -> None:
    sequences = [torch.randn(2, 5, requires_grad=True), torch.randn(2, 3, requires_grad=True)]

    pad(sequences, nan).zeroed().values.sum().backward()

    assert all(torch.equal(s.grad, torch.ones_like(s)) for s in sequences)


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one sequence, got none"):
        pad([])


def test_sequences_of_different_channels_are_refused() -> None:
    with pytest.raises(ValueError, match=r"but for their last axis, got \[\(1,\), \(2,\)\]"):
        pad([torch.ones(2, 3), torch.ones(1, 3)])
