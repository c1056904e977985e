"""Which utterances may meet in a batch where reading is to stay in few files at a time."""

import numpy as np

from asr.data.skipped import Rows
from asr.keyed import key


def shuffle_windows(files: Rows, utterances: int, seed: int) -> Rows:
    """The number of the window that each utterance belongs to: whole files, drawn at random.

    Args:
        files: number of the file that each utterance is in.
        utterances: about as many are in a window; in one more or less, as files are not parted.

    >>> shuffle_windows(np.array([0, 0, 1, 1, 2, 2], np.uint32), 3, seed=1).tolist()
    [0, 0, 0, 0, 1, 1]
    """
    sizes = np.bincount(files)
    random = np.random.Generator(np.random.Philox(key=key(seed, "windows")))
    order = random.permutation(len(sizes))
    before = np.cumsum(sizes[order]) - sizes[order]
    window: Rows = np.empty(len(sizes), np.uint32)
    window[order] = np.unique(before // utterances, return_inverse=True)[1]
    found: Rows = window[files]
    return found
