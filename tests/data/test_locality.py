from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from asr.data.locality import shuffle_windows
from asr.data.sampler import BatchSampler

FILES = st.lists(st.integers(1, 30), min_size=1, max_size=30).map(
    lambda sizes: np.repeat(np.arange(len(sizes), dtype=np.uint32), sizes)
)


def _sampler(files: np.ndarray, window: int, seed: int = 0, **how) -> BatchSampler:
    seconds = np.random.default_rng(len(files)).gamma(4, 1.2, len(files))
    windows = shuffle_windows(files, window, seed)
    return BatchSampler(seconds, max_seconds=60, seed=seed, windows=windows, **how)


def _rows(sampler: BatchSampler) -> list[list[int]]:
    return [[row for row, _ in batch] for batch in sampler]


@given(files=FILES, window=st.integers(1, 200))
def test_windows_are_whole_files_and_about_as_large_as_asked(files, window) -> None:
    windows = shuffle_windows(files, window, seed=0)
    assert set(windows) == set(range(int(windows.max()) + 1))
    for file in set(files):
        assert len(set(windows[files == file])) == 1
    largest_file = np.bincount(files).max()
    assert np.bincount(windows).max() < window + largest_file


@given(files=FILES, window=st.integers(1, 200), epoch=st.integers(0, 2))
def test_an_epoch_goes_window_by_window_over_every_utterance_once(files, window, epoch) -> None:
    batches = _rows(sampler := _sampler(files, window, position=lambda: (epoch, 0)))
    assert sorted(row for batch in batches for row in batch) == list(range(len(files)))
    assert len(batches) == len(sampler)
    windows = shuffle_windows(files, window, 0)
    order = [windows[batch[0]] for batch in batches]
    assert all(len(set(windows[batch])) == 1 for batch in batches)
    changes = sum(one != other for one, other in pairwise(order))
    assert changes == len(set(windows)) - 1


@given(files=FILES, done=st.integers(0, 20), world=st.integers(1, 3))
def test_an_epoch_of_windows_goes_on_where_it_stopped(files, done, world) -> None:
    for rank in range(world):
        shares = {"rank": rank, "world": world}
        whole = _rows(_sampler(files, 40, position=lambda: (1, 0), **shares))
        rest = _rows(_sampler(files, 40, position=lambda: (1, done), **shares))
        assert rest == whole[done:]


def test_windows_change_places_and_batches_their_members_from_epoch_to_epoch() -> None:
    files = np.repeat(np.arange(20, dtype=np.uint32), 50)
    windows = shuffle_windows(files, 200, 0)
    first, second = (_rows(_sampler(files, 200, position=lambda e=e: (e, 0))) for e in (0, 1))
    assert list(dict.fromkeys(windows[batch[0]] for batch in first)) != list(
        dict.fromkeys(windows[batch[0]] for batch in second)
    )
    same = {frozenset(batch) for batch in first} & {frozenset(batch) for batch in second}
    assert len(same) < 0.2 * len(first)


def test_one_window_is_as_if_there_were_none() -> None:
    seconds = np.random.default_rng(0).gamma(4, 1.2, 500)
    plain = BatchSampler(seconds, max_seconds=60)
    one = BatchSampler(seconds, max_seconds=60, windows=np.zeros(500, np.uint32))
    assert _rows(plain) == _rows(one)
