"""Signals that ask a run to stop."""

import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import active_children
from types import FrameType
from typing import Any

from asr.training.run_folder import is_child

log = logging.getLogger("asr")

_NAMES = ("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1")  # not all of them are everywhere
_REQUEUE_SECONDS = 60
_LOOK_SECONDS = 1.0


class Signals:
    """Notes SIGTERM, SIGINT, SIGHUP and SIGUSR1 until the run can follow them.

    Before the first batch there is nothing to keep, and a second SIGINT will not wait: then the
    process ends at once, and is requeued where the signal asks for that. A SIGHUP that is ignored,
    as by nohup, stays ignored; the others are heard even where a shell has the commands in its
    background ignore them.

    Attributes:
        asked: number of the signal that came first; 0 while none did.
        waiting: whether the run will look at ``asked``.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.waiting = False
        self._interrupted = False
        self._before: dict[int, Any] = {}
        self._end_others: Callable[[], None] = lambda: None

    def listen(self, end_others: Callable[[], None]) -> None:
        """Begin to take the signals.

        Args:
            end_others: ends the other processes of the run, without waiting for them.
        """
        self._end_others = end_others
        if threading.current_thread() is not threading.main_thread() or self._before:
            return  # only the main thread may
        for name in _NAMES:
            number = getattr(signal, name, None)
            if number is None:
                continue
            if name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN:
                continue
            self._before[number] = signal.signal(number, self._receive)

    def forget(self) -> None:
        """Leave the signals to whoever had them before."""
        self.waiting = False
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if not self.waiting or (number == signal.SIGINT and self._interrupted):
            self._end_others()
            _end_for(number)
        self._interrupted |= number == signal.SIGINT
        self.asked = self.asked or number


def requeue_when_asked() -> None:
    """Have SIGUSR1 in a job of SLURM ask for a requeue while no run listens to it.

    Between the trials of a sweep, and while data are prepared, nothing can be saved; but the job
    shall come back for what is left of it.
    """
    number = getattr(signal, "SIGUSR1", None)
    if number and in_slurm() and threading.current_thread() is threading.main_thread():
        signal.signal(number, lambda number, frame: _end_for(number))


def in_slurm() -> bool:
    """Whether this process is one of a job of SLURM."""
    return "SLURM_JOB_ID" in os.environ


def _end_for(number: int) -> None:
    """End this process at once for a signal, and have SLURM begin the job again if it asks that."""
    if signal.Signals(number).name == "SIGUSR1" and in_slurm() and not is_child():
        signal.signal(number, signal.SIG_IGN)  # once is enough
        told = requeue()
        with suppress(OSError, RuntimeError, ValueError):  # it may be in the midst of writing
            log.info("SIGUSR1: nothing to save yet; %s", told)
    end_at_once(128 + number)


def end_with_parent() -> None:
    """End this process as soon as the one that started it is gone."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_SECONDS)
        end_at_once(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def end_at_once(status: int) -> None:
    """End this process and its loader workers without another word."""
    for worker in active_children():
        worker.kill()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, RuntimeError, ValueError):  # it may be in the midst of writing
            stream.flush()
    # An exception might be swallowed where it is raised, and the end of Python may wait for others.
    os._exit(status)


def requeue() -> str:
    """Ask SLURM to start this job again, and say in one line what came of it."""
    job = os.environ["SLURM_JOB_ID"]
    if "SLURM_ARRAY_JOB_ID" in os.environ and "SLURM_ARRAY_TASK_ID" in os.environ:
        job = f"{os.environ['SLURM_ARRAY_JOB_ID']}_{os.environ['SLURM_ARRAY_TASK_ID']}"
    program = shutil.which("scontrol")
    if program is None:
        return f"job {job} is not requeued: there is no scontrol here"
    try:
        done = subprocess.run(
            [program, "requeue", job],
            check=False, capture_output=True, text=True, timeout=_REQUEUE_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"job {job} is not requeued: {error}"
    if done.returncode:
        told = " ".join(done.stderr.split()) or f"status {done.returncode}"
        return f"job {job} is not requeued: {told}"
    return f"job {job} is requeued"


def ignore_signals(worker: int) -> None:
    """Let a loader worker live until the run ends it; a terminal sends its signals to all."""
    for name in _NAMES:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
