"""Ctrl-C, where it must not be lost."""

import signal
import threading
from types import FrameType

_AGAIN = 0.01  # seconds


def hear_interrupts() -> None:
    """Raise KeyboardInterrupt at Ctrl-C, but never where a library would swallow it.

    An exception in a callback of libsndfile, by which soundfile reads parts of files, is printed
    and forgotten: the recording would count as damaged, and the command go on.
    """
    if (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        and hasattr(signal, "setitimer")
    ):
        signal.signal(signal.SIGALRM, _interrupt)
        signal.signal(signal.SIGINT, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if _within_a_callback(frame):
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)
        return
    raise KeyboardInterrupt


def _within_a_callback(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name.startswith("vio_"):
            return True
        frame = frame.f_back
    return False
