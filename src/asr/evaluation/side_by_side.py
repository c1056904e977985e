"""Work on many items at once: each core of the CPU takes items of its own."""

import ctypes
import multiprocessing
import os
import pickle
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from itertools import chain, islice
from typing import Any, TypeVar

import torch

from asr.errors import InputError

Item = TypeVar("Item")
Result = TypeVar("Result")
_DEATH_OF_PARENT = 1  # PR_SET_PDEATHSIG of Linux's prctl.h
_work: Callable[[Any], Any]  # of a forked process


@contextmanager
def side_by_side(
    work: Callable[[Item], Result], device: torch.device
) -> Iterator[Callable[[Iterable[Item]], Iterator[Result]]]:
    """A map of ``work`` over items, in order, that keeps every core of a CPU busy.

    Cores that share one small convolution wait for each other, and threads for Python's lock, so
    on Linux forked processes take an item each, elsewhere threads. They start with the second
    item, and stay until the context ends. On another device, or with one thread, items are worked
    on one by one.

    Args:
        work: any function; items and results must be picklable.

    Raises:
        InputError: a process was killed.
    """
    threads = torch.get_num_threads() if device.type == "cpu" else 1
    with ExitStack() as stack:
        pools: list[Executor] = []

        def over(items: Iterable[Item]) -> Iterator[Result]:
            items = iter(items)
            first = list(islice(items, 2))
            if threads == 1 or (len(first) < 2 and not pools):
                yield from map(work, chain(first, items))
                return
            if not pools:
                pools.append(stack.enter_context(_pool(work, threads)))
            yield from _mapped(pools[0], work, chain(first, items), 3 * threads)

        yield over


def _mapped(
    pool: Executor, work: Callable[[Item], Result], items: Iterable[Item], most: int
) -> Iterator[Result]:
    """Results in the order of the items, of which ``most`` are under way."""
    forked = isinstance(pool, ProcessPoolExecutor)
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            if forked:
                # The queue itself would move each tensor into shared memory of its own, of which
                # there is little in a container, and hold a file open for it.
                waiting.append(pool.submit(_do, pickle.dumps(item)))
            else:
                waiting.append(pool.submit(work, item))
            if len(waiting) >= most:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        raise InputError(
            "a process was killed, perhaps for want of memory; use a smaller --batch"
        ) from None
    finally:
        for future in waiting:
            future.cancel()


@contextmanager
def _pool(work: Callable[[Any], Any], threads: int) -> Iterator[Executor]:
    if sys.platform.startswith("linux"):
        context = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(threads, context, _begin, (work, os.getpid())) as pool:
            yield pool
        return
    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            yield pool
    finally:
        torch.set_num_threads(threads)  # the threads of the pool changed it for those to come


def _begin(work: Callable[[Any], Any], parent: int) -> None:
    """Of a forked process: it ends with its parent, and Ctrl-C is for that one."""
    global _work
    _work = work
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_DEATH_OF_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    torch.set_num_threads(1)  # those of the parent are not here


def _do(item: bytes) -> Any:
    return _work(pickle.loads(item))
