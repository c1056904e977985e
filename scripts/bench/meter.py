"""What the contenders of a benchmark measure in the same way."""

import math
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

_WARM_UP = 5  # steps that are not counted: memory is found and kernels are chosen in them


class Meter:
    """Counts audio, time and processor time of training steps until enough audio was heard.

    Args:
        seconds: of audio, without padding, after which to stop.
    """

    def __init__(self, seconds: float) -> None:
        self.left = seconds
        self.steps, self.audio, self.padded = 0, 0.0, 0.0
        self.first = 0.0

    @property
    def done(self) -> bool:
        return self.left <= 0

    def step(self, audio: float, padded: float) -> None:
        """Count a step that has just ended."""
        self.steps += 1
        self.left -= audio
        if self.steps == 1:
            self.first = time.time()
        if self.steps == _WARM_UP:
            self.began, self.cpu_began = time.perf_counter(), time.process_time()
        elif self.steps > _WARM_UP:
            self.audio += audio
            self.padded += padded

    def figures(self) -> dict[str, Any]:
        wall = time.perf_counter() - self.began
        cpu = time.process_time() - self.cpu_began
        return {
            "audio_per_second": self.audio / wall,
            "audio_per_cpu_second": self.audio / cpu,
            "padded_to_real": self.padded / self.audio,
            "steps": self.steps,
            "first_step": self.first,
            "peak_mb": _most_megabytes(),
        }


def _most_megabytes() -> float:
    if sys.platform == "win32":  # which does not tell
        return math.nan
    import resource

    most: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


def interleaved(*steps: Callable[[], object], rounds: int = 15) -> list[float]:
    """Median seconds of each step; they take turns, and three rounds before are not counted."""
    times: list[list[float]] = [[] for _ in steps]
    for _ in range(rounds + 3):
        for step, found in zip(steps, times, strict=True):
            began = time.perf_counter()
            step()
            found.append(time.perf_counter() - began)
    return [statistics.median(found[3:]) for found in times]
