"""Lightning stops with a traceback where a process has no batch to evaluate."""

import numpy as np

from asr.data.sampler import BatchSampler


def test_no_process_is_left_without_a_batch() -> None:
    for rank in range(3):
        sampler = BatchSampler(np.ones(8), max_seconds=60, shuffle=False, rank=rank, world=3)
        assert len(list(sampler)) == len(sampler) >= 1
