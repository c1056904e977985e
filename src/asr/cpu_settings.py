"""How a process that computes on a CPU uses oneDNN, the memory allocator and the collector."""

import ctypes
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_KERNELS = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
_TRIM, _MMAP = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of glibc's malloc.h


def settle_cpu() -> None:
    """Keep what the next step needs again: oneDNN's kernels, and memory that was freed.

    oneDNN keeps 1024 kernels, and a network needs a few dozen for each length of batch. glibc
    hands freed memory back to the system, which has to clear it for the next step; with both
    kept, a step takes less. Has to come before the first convolution. Whatever the
    environment sets of either (``ONEDNN_PRIMITIVE_CACHE_CAPACITY``, ``MALLOC_TRIM_THRESHOLD_``)
    is left as it is.
    """
    os.environ.setdefault(_KERNELS, "4096")
    if not sys.platform.startswith("linux") or "MALLOC_TRIM_THRESHOLD_" in os.environ:
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # other C libraries than glibc have none
        mallopt(_MMAP, 32 << 20)  # the most it takes
        mallopt(_TRIM, 1 << 30)


@contextmanager
def settled() -> Iterator[None]:
    """Python's collector looks at nothing that was there before: it would find nothing to free.

    Modules and configs are half a million objects; to go through them takes 2 % of short steps.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
