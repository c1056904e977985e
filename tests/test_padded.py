from math import nan

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from asr.padded import Padded, common_length, pad, zero_beyond, zero_beyond_, zero_gradient

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


@given(length=st.integers(0, 3_000_000))
def test_a_common_length_is_one_of_few_and_not_far(length: int) -> None:
    common = common_length(length)

    assert length <= common <= length * 1.025 + 1
    assert common_length(common) == common


def test_forty_lengths_cover_an_octave() -> None:
    assert len({common_length(length) for length in range(16_001, 32_001)}) == 40


def test_waveforms_go_to_a_common_length_unless_several_are_equally_long() -> None:
    uneven, even, one = [22_050, 22_049], [22_050, 22_050], [22_050]

    found = [pad([torch.ones(n) for n in ns], common=True) for ns in (uneven, even, one)]

    assert [batch.values.shape[-1] for batch in found] == [22_400, 22_050, 22_400]
    assert found[0].lengths.tolist() == uneven
    assert not found[2].values[:, 22_050:].any()


def test_what_a_layer_computed_is_zeroed_in_place_and_what_was_given_is_not() -> None:
    given_values = torch.ones(2, 1, 4, requires_grad=True)
    computed = 2 * given_values
    lengths = torch.tensor([4, 2])

    view = given_values.transpose(1, 2).transpose(1, 2)
    zeroed = [Padded(values, lengths).zeroed().values for values in (given_values, view, computed)]
    sum(values.sum() for values in zeroed).backward()

    assert given_values.detach().all()
    assert zeroed[2].data_ptr() == computed.data_ptr()
    assert given_values.grad is not None
    assert given_values.grad[:, 0].tolist() == [[4, 4, 4, 4], [4, 4, 0, 0]]


def test_a_mask_made_for_inference_serves_training() -> None:
    lengths = torch.tensor([5, 2])
    with torch.inference_mode():
        Padded(torch.ones(2, 5), lengths).zeroed()

    values = torch.ones(2, 5, requires_grad=True)
    (Padded(values * values, lengths).zeroed().values * values).sum().backward()

    assert values.grad is not None


def test_a_repeated_batch_comes_as_a_whole_and_again() -> None:
    x = Padded(torch.arange(6).view(2, 1, 3), torch.tensor([3, 2]))

    twice = x.repeated(2)

    assert torch.equal(twice.values[:2], x.values)
    assert torch.equal(twice.values[2:], x.values)
    assert twice.lengths.tolist() == [3, 2, 3, 2]
    assert all(map(torch.equal, twice.first(2), x))


def _channels_last(values: torch.Tensor) -> torch.Tensor:
    return values.movedim(1, -1).contiguous().movedim(-1, 1)


@given(
    lengths=st.lists(st.integers(0, 6), max_size=4),
    bands=st.sampled_from([(), (2,), (2, 3)]),
    last=st.booleans(),
)
def test_zeros_are_written_beyond_each_length_however_it_lies_in_memory(
    lengths: list[int], bands: tuple[int, ...], last: bool
) -> None:
    values = torch.randn(len(lengths), 3, *bands, 7)
    wanted, known = values.clone(), torch.tensor(lengths, dtype=torch.long)
    for row, length in enumerate(lengths):
        wanted[row, ..., length:] = 0
    kept = _channels_last(values) if last else values

    assert torch.equal(zero_beyond(kept, known), wanted)
    assert torch.equal(zero_gradient(kept, known), wanted)
    assert torch.equal(kept, values)  # is not written to
    assert zero_beyond_(kept, known) is kept
    assert torch.equal(kept, wanted)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("bands", [(), (2,)])
@pytest.mark.parametrize("beyond", [1.0, nan])
def test_a_gradient_is_copied_only_where_its_padding_is_not_zero(
    last: bool, bands: tuple[int, ...], beyond: float
) -> None:
    grad = torch.zeros(2, 3, *bands, 4)
    grad[0, ..., :3] = 1
    grad[1] = 2
    lengths = torch.tensor([3, 4])
    clean = _channels_last(grad) if last else grad
    dirty = clean.clone()
    dirty[0, 1, ..., 3] = beyond

    assert (zero_gradient(clean, lengths) is clean) == (last or bool(bands))
    assert torch.equal(zero_gradient(dirty, lengths), grad)
    assert dirty[0, 1, ..., 3].flatten()[0].item() == pytest.approx(beyond, nan_ok=True)


def test_a_gradient_that_one_convolution_gives_is_zeroed_where_it_is() -> None:
    computed = torch.randn(1, 2, 4, requires_grad=True) * 1
    shared = computed * 1
    grads = []
    for values, once in ((computed, True), (shared, False)):
        y = Padded(values, torch.tensor([2])).zeroed(once=once).values
        y.register_hook(grads.append)
        (y * torch.ones(1, 2, 4)).sum().backward(retain_graph=True)

    assert grads[0][..., 2:].tolist() == [[[0.0, 0.0], [0.0, 0.0]]]
    assert grads[1][..., 2:].tolist() == [[[1.0, 1.0], [1.0, 1.0]]]


def test_what_is_known_to_be_full_is_left_as_it_is() -> None:
    values = torch.randn(2, 3, 5, requires_grad=True)
    full = Padded(values, torch.tensor([5, 5]))

    assert full.known_full
    assert full.zeroed() is full
    assert not Padded(values, torch.tensor([5, 4])).known_full
    assert not Padded(torch.randn(0, 3, 5), torch.zeros(0, dtype=torch.int64)).known_full
