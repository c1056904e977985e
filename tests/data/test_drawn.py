from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.augment.crop import Crop
from asr.augment.speed import Speed
from asr.data.balance import Balance
from asr.data.drawn import Drawn, DrawnSampler
from asr.data.joining import Joining
from asr.data.sampler import BatchSampler

DURATIONS = st.lists(st.floats(0.1, 20), min_size=2, max_size=80).map(np.array)
WHAT = {name: st.booleans() for name in ("joined", "balanced", "paced")}
JOINING = Joining(0.6, most=3, longest_pause=0.4, longest=25)
SPEED = Speed([0.8, 0.9, 1.0, 1.1, 1.2])


def _sampler(seconds, joined=True, balanced=False, paced=False, **how) -> DrawnSampler:
    balance = Balance(np.arange(len(seconds)) % 3 // 2, seed=1) if balanced else None
    joining = JOINING if joined else None
    pacing = SPEED if paced else None
    how = {"max_seconds": 60, "seed": 1, **how}
    return DrawnSampler(seconds, joining=joining, balance=balance, pacing=pacing, **how)


def _seconds(drawn: Drawn, seconds: np.ndarray) -> float:
    heard = seconds[drawn.row] + sum(seconds[row] + pause for row, pause in drawn.followers)
    return heard / np.prod(drawn.factors)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(seconds=DURATIONS, epoch=st.integers(0, 9), **WHAT)
def test_every_epoch_has_as_many_batches_and_none_is_over_the_cap(
    seconds, epoch, joined, balanced, paced
) -> None:
    sampler = _sampler(seconds, joined, balanced, paced, position=lambda: (epoch, 0))
    batches = list(sampler)
    assert len(batches) == len(sampler)
    for batch in batches:
        longest = max(_seconds(drawn, seconds) for drawn in batch)
        cap = 60 if epoch < 4 else 66  # a later epoch may need more, and has wider ones
        assert len(batch) == 1 or len(batch) * longest <= cap + 1e-9
        assert all(drawn.epoch == epoch for drawn in batch)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(seconds=DURATIONS, epoch=st.integers(0, 9), **WHAT)
def test_an_epoch_holds_all_that_is_drawn_and_none_of_it_twice(
    seconds, epoch, joined, balanced, paced
) -> None:
    sampler = _sampler(seconds, joined, balanced, paced, position=lambda: (epoch, 0))
    seen = [(drawn.row, drawn.number) for batch in sampler for drawn in batch]
    rows = sampler.balance.rows(epoch) if sampler.balance else np.arange(len(seconds))
    assert sorted(row for row, _ in seen) == sorted(rows.tolist())
    assert len(set(seen)) == len(seen)
    assert all((row, number - 1) in seen for row, number in seen if number)


@settings(derandomize=True, deadline=None, max_examples=30)
@given(seconds=DURATIONS, epoch=st.integers(0, 3), done=st.integers(0, 50))
def test_a_resumed_epoch_goes_on_where_it_stopped(seconds, epoch, done) -> None:
    how = {"balanced": True, "paced": True}
    whole = list(_sampler(seconds, **how, position=lambda: (epoch, 0)))
    rest = list(_sampler(seconds, **how, position=lambda: (epoch, done)))
    assert rest == whole[done:]


@settings(derandomize=True, deadline=None, max_examples=30)
@given(seconds=DURATIONS, world=st.integers(1, 4), balanced=st.booleans())
def test_processes_get_equal_shares_that_together_are_the_epoch(seconds, world, balanced) -> None:
    how = {"balanced": balanced, "paced": True}
    shares = [list(_sampler(seconds, **how, rank=rank, world=world)) for rank in range(world)]
    alone = list(_sampler(seconds, **how))
    assert len({len(share) for share in shares}) == 1
    taken = [share[turn] for turn in range(len(shares[0])) for share in shares]
    if len(alone) % world == 0:
        assert taken == alone
    all_of_it = sorted(drawn for batch in alone for drawn in batch)
    together = sorted(drawn for batch in taken for drawn in batch)
    assert set(together) == set(all_of_it)
    assert together == all_of_it or len(all_of_it) < len(taken)


def test_epochs_and_seeds_differ() -> None:
    seconds = np.linspace(1, 3, 60)
    first, second = (list(_sampler(seconds, position=lambda e=e: (e, 0))) for e in (0, 1))
    assert [d[3] for batch in first for d in batch] != [d[3] for batch in second for d in batch]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_hardly_anything_is_too_little_to_draw_from(size: int) -> None:
    batches = list(_sampler(np.ones(size)))
    assert {drawn.row for batch in batches for drawn in batch} == set(range(size))


def _padded_to_real(batches: list[list[Drawn]], seconds: np.ndarray) -> float:
    heard = [[_seconds(drawn, seconds) for drawn in batch] for batch in batches]
    return sum(len(batch) * max(batch) for batch in heard) / sum(map(sum, heard))


def test_what_is_played_faster_is_among_what_lasts_as_long() -> None:
    seconds = np.random.default_rng(0).gamma(4, 1.0, 2000).clip(0.5, 20)
    paced = list(_sampler(seconds, joined=False, paced=True))

    factors = [drawn.factors for batch in paced for drawn in batch]
    blind = [
        [Drawn(row, epoch, factors=factors[row]) for row, epoch in batch]
        for batch in BatchSampler(seconds, max_seconds=60, seed=1)
    ]

    assert _padded_to_real(paced, seconds) < 1.05
    assert _padded_to_real(blind, seconds) > 1.1
    assert {factor for (factor,) in factors} == set(SPEED.factors)


def test_company_changes_from_epoch_to_epoch_by_factors_too() -> None:
    seconds = np.random.default_rng(0).gamma(4, 1.0, 500)
    first, second = (
        {
            (one.row, other.row)
            for batch in _sampler(seconds, joined=False, paced=True, position=lambda e=e: (e, 0))
            for one in batch
            for other in batch
            if one.row < other.row
        }
        for e in (0, 1)
    )
    assert len(first & second) < 0.1 * len(first)


def test_a_batch_too_few_is_the_fullest_one_halved_and_one_too_many_is_wider() -> None:
    seconds = np.random.default_rng(0).gamma(4, 1.0, 300)
    lengths = set()
    how = {"joined": False, "paced": True, "max_seconds": 15}
    for epoch in range(12):
        sampler = _sampler(seconds, **how, position=lambda e=epoch: (e, 0))
        lengths.add(len(sampler._batches(sampler._draw(epoch).seconds)) - len(sampler))
        assert len(list(sampler)) == len(sampler)
    assert min(lengths) < 0 < max(lengths)


def test_windows_are_kept_where_speeds_are_drawn() -> None:
    seconds = np.random.default_rng(0).gamma(4, 1.0, 500)
    windows = (np.arange(500) // 100).astype(np.uint32)
    batches = list(_sampler(seconds, joined=False, paced=True, windows=windows))
    held = [{int(windows[drawn.row]) for drawn in batch} for batch in batches]

    assert all(len(window) == 1 for window in held)
    order = [window.pop() for window in held]
    changes = sum(one != other for one, other in pairwise(order))
    assert changes in (4, 5)  # the first ones may come again


def test_clips_of_one_duration_are_batched_as_they_are_cropped() -> None:
    seconds = np.random.default_rng(0).uniform(1, 9, 64)
    crop = DrawnSampler(seconds, pacing=Crop(2.0), max_seconds=16, seed=1)
    assert {len(batch) for batch in crop} == {8}
    assert all(drawn.factors == () for batch in crop for drawn in batch)
