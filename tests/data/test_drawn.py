import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.data.balance import Balance
from asr.data.drawn import Drawn, DrawnSampler
from asr.data.joining import Joining

DURATIONS = st.lists(st.floats(0.1, 20), min_size=2, max_size=80).map(np.array)
JOINING = Joining(0.6, most=3, longest_pause=0.4, longest=25)


def _sampler(seconds, joined=True, balanced=False, **how) -> DrawnSampler:
    balance = Balance(np.arange(len(seconds)) % 3 // 2, seed=1) if balanced else None
    joining = JOINING if joined else None
    return DrawnSampler(seconds, joining=joining, balance=balance, max_seconds=60, seed=1, **how)


def _seconds(drawn: Drawn, seconds: np.ndarray) -> float:
    return seconds[drawn.row] + sum(seconds[row] + pause for row, pause in drawn.followers)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(seconds=DURATIONS, epoch=st.integers(0, 6), joined=st.booleans(), balanced=st.booleans())
def test_every_epoch_has_as_many_batches_and_none_is_over_the_cap(
    seconds, epoch, joined, balanced
) -> None:
    sampler = _sampler(seconds, joined, balanced, position=lambda: (epoch, 0))
    batches = list(sampler)
    assert len(batches) == len(sampler)
    for batch in batches:
        assert len(batch) * max(_seconds(drawn, seconds) for drawn in batch) <= 60 + 1e-9
        assert all(drawn.epoch == epoch for drawn in batch)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(seconds=DURATIONS, epoch=st.integers(0, 3), joined=st.booleans(), balanced=st.booleans())
def test_the_first_epochs_hold_all_that_is_drawn(seconds, epoch, joined, balanced) -> None:
    sampler = _sampler(seconds, joined, balanced, position=lambda: (epoch, 0))
    seen = {(drawn.row, drawn.number) for batch in sampler for drawn in batch}
    rows = sampler.balance.rows(epoch) if sampler.balance else np.arange(len(seconds))
    assert sorted(row for row, _ in seen) == sorted(rows.tolist())
    assert all((row, number - 1) in seen for row, number in seen if number)


@settings(derandomize=True, deadline=None, max_examples=30)
@given(seconds=DURATIONS, epoch=st.integers(0, 3), done=st.integers(0, 50))
def test_a_resumed_epoch_goes_on_where_it_stopped(seconds, epoch, done) -> None:
    whole = list(_sampler(seconds, balanced=True, position=lambda: (epoch, 0)))
    rest = list(_sampler(seconds, balanced=True, position=lambda: (epoch, done)))
    assert rest == whole[done:]


@settings(derandomize=True, deadline=None, max_examples=30)
@given(seconds=DURATIONS, world=st.integers(1, 4), balanced=st.booleans())
def test_processes_get_equal_shares_that_together_are_the_epoch(seconds, world, balanced) -> None:
    shares = [
        list(_sampler(seconds, balanced=balanced, rank=rank, world=world)) for rank in range(world)
    ]
    alone = list(_sampler(seconds, balanced=balanced))
    assert len({len(share) for share in shares}) == 1
    taken = [shares[n % world][n // world] for n in range(len(alone))]
    assert taken == alone


def test_epochs_and_seeds_differ() -> None:
    seconds = np.linspace(1, 3, 60)
    first, second = (list(_sampler(seconds, position=lambda e=e: (e, 0))) for e in (0, 1))
    assert [d[3] for batch in first for d in batch] != [d[3] for batch in second for d in batch]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_hardly_anything_is_too_little_to_draw_from(size: int) -> None:
    batches = list(_sampler(np.ones(size)))
    assert {drawn.row for batch in batches for drawn in batch} == set(range(size))
