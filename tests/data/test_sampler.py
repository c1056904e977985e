import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.data.sampler import BatchSampler
from asr.keyed import key

DURATIONS = st.lists(st.floats(0.1, 30), min_size=1, max_size=200).map(np.array)


def _rows(sampler: BatchSampler) -> list[list[int]]:
    return [[row for row, _ in batch] for batch in sampler]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(seconds=DURATIONS, epoch=st.integers(0, 3), most=st.sampled_from([None, 1, 3]))
def test_an_epoch_holds_every_utterance_once_in_batches_under_the_cap(seconds, epoch, most) -> None:
    sampler = BatchSampler(
        seconds, max_seconds=60, max_utterances=most, position=lambda: (epoch, 0)
    )
    batches = _rows(sampler)
    assert sorted(row for batch in batches for row in batch) == list(range(len(seconds)))
    assert len(batches) == len(sampler)
    assert all(seconds[batch].max() * len(batch) <= 60 + 1e-9 for batch in batches)
    assert all(len(batch) <= (most or len(seconds)) for batch in batches)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(seconds=DURATIONS, world=st.integers(1, 4))
def test_processes_get_equal_shares_in_training_and_cover_the_epoch(seconds, world) -> None:
    shares = [
        _rows(BatchSampler(seconds, max_seconds=60, rank=rank, world=world))
        for rank in range(world)
    ]
    assert len({len(share) for share in shares}) == 1
    seen = {row for share in shares for batch in share for row in batch}
    assert seen == set(range(len(seconds)))


@settings(derandomize=True, deadline=None, max_examples=40)
@given(seconds=DURATIONS, world=st.integers(1, 4))
def test_processes_part_an_evaluation_without_repeating_anything(seconds, world) -> None:
    shares = [
        BatchSampler(seconds, max_seconds=60, shuffle=False, rank=rank, world=world)
        for rank in range(world)
    ]
    rows = sorted(row for share in shares for batch in _rows(share) for row in batch)
    assert rows == list(range(len(seconds)))
    assert all(len(_rows(share)) == len(share) for share in shares)
    assert len(seconds) < world or all(len(share) for share in shares)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(seconds=DURATIONS, epoch=st.integers(0, 3), done=st.integers(0, 50))
def test_a_resumed_epoch_goes_on_where_it_stopped(seconds, epoch, done) -> None:
    whole = _rows(BatchSampler(seconds, max_seconds=60, position=lambda: (epoch, 0)))
    rest = _rows(BatchSampler(seconds, max_seconds=60, position=lambda: (epoch, done)))
    assert rest == whole[done:]


def test_the_order_is_a_function_of_seed_and_epoch() -> None:
    seconds = np.linspace(1, 5, 100)

    def order(seed: int, epoch: int) -> list[list[int]]:
        return _rows(BatchSampler(seconds, max_seconds=30, seed=seed, position=lambda: (epoch, 0)))

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)


def test_the_position_is_asked_when_the_first_batch_is_wanted() -> None:
    position = [(0, 0)]
    sampler = BatchSampler(np.ones(20), max_seconds=2, position=lambda: position[0])
    batches = iter(sampler)
    position[0] = (3, 4)
    assert len(list(batches)) == len(sampler) - 4


def test_members_of_a_batch_change_from_epoch_to_epoch() -> None:
    seconds = np.random.default_rng(0).uniform(1, 10, 400)

    def batches(epoch: int) -> set[frozenset[int]]:
        sampler = BatchSampler(seconds, max_seconds=60, position=lambda: (epoch, 0))
        return {frozenset(batch) for batch in _rows(sampler)}

    assert len(batches(0) & batches(1)) <= 0.1 * len(batches(0))


def test_padding_is_little_where_there_is_much_data() -> None:
    seconds = np.random.default_rng(0).gamma(4, 1.2, 20_000)
    sampler = BatchSampler(seconds, max_seconds=60)
    padded = sum(seconds[batch].max() * len(batch) for batch in _rows(sampler))
    assert padded / seconds.sum() < 1.05


@pytest.mark.parametrize("shuffle", [True, False])
def test_nothing_gives_no_batches(shuffle: bool) -> None:
    sampler = BatchSampler(np.array([]), max_seconds=10, shuffle=shuffle)
    assert len(sampler) == 0
    assert _rows(sampler) == []


@settings(derandomize=True, deadline=None, max_examples=30)
@given(seconds=DURATIONS, epoch=st.integers(0, 3))
def test_all_buckets_are_shuffled_by_one_stream_of_numbers(seconds, epoch) -> None:
    sampler = BatchSampler(seconds, max_seconds=60, seed=5)
    starts = sampler.buckets.starts
    random = np.random.Generator(np.random.Philox(key=key(5, "order", epoch)))
    bucket = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    order = np.argsort(seconds, kind="stable")
    rows, batches = sampler.plan(epoch)
    assert rows.tolist() == order[np.lexsort((random.random(len(seconds)), bucket))].tolist()
    assert batches.tolist() == random.permutation(len(sampler)).tolist()


def test_a_plan_takes_few_bytes_a_row() -> None:
    seconds = np.random.default_rng(0).gamma(4, 1.2, 500_000)
    tracemalloc.start()
    sampler = BatchSampler(seconds, max_seconds=60)
    built, building = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    batches = iter(sampler)
    next(batches)
    _, planning = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert built / len(seconds) < 6  # four of them are the row's number
    assert building / len(seconds) < 30
    assert planning / len(seconds) < 14
