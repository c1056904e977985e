"""Learning-rate schedules, as multiples of the optimiser's own rate, over a known number of steps.

Each takes the optimiser and the ``steps`` of the whole run, which the code supplies.
"""

import math
from collections.abc import Callable

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def constant(optimizer: Optimizer, steps: int) -> LambdaLR:
    """The optimiser's own rate throughout."""
    return LambdaLR(optimizer, lambda step: 1.0)


def one_cycle(
    optimizer: Optimizer, steps: int, *, warmup: float = 0.3, start: float = 0.04, end: float = 1e-4
) -> LambdaLR:
    """Up a half cosine from ``start`` to 1, then down another to ``end``.

    Smith and Topin, 2018, https://arxiv.org/abs/1708.07120, with the half cosines of fastai.

    Args:
        warmup: share of the steps spent rising, 0 to 1.
        start: multiple at the first step.
        end: multiple at the last step.
    """
    _refuse_share("warmup", warmup)

    def scale(progress: float) -> float:
        if progress < warmup:
            return start + (1 - start) * _rise(progress / warmup)
        return end + (1 - end) * _rise((1 - progress) / max(1 - warmup, 1e-9))

    return _over(optimizer, steps, scale)


def warmup_cosine(
    optimizer: Optimizer, steps: int, *, warmup: float = 0.05, end: float = 0.0
) -> LambdaLR:
    """Rise in a straight line, then fall along a half cosine to ``end``.

    Loshchilov and Hutter, 2017, https://arxiv.org/abs/1608.03983, without restarts.

    Args:
        warmup: share of the steps spent rising, 0 to 1.
        end: multiple at the last step.
    """
    _refuse_share("warmup", warmup)

    def scale(progress: float) -> float:
        if progress < warmup:
            return progress / warmup
        return end + (1 - end) * _rise((1 - progress) / max(1 - warmup, 1e-9))

    return _over(optimizer, steps, scale)


def warmup_hold_decay(
    optimizer: Optimizer,
    steps: int,
    *,
    warmup: float = 0.05,
    hold: float = 0.45,
    power: float = 2.0,
    end: float = 0.02,
) -> LambdaLR:
    """Rise in a straight line, stay, then fall as a power of what is left, to ``end``.

    The schedule of MatchboxNet, section 3.2 (Majumdar and Ginsburg, 2020,
    https://arxiv.org/abs/2004.08531).

    Args:
        warmup: share of the steps spent rising, 0 to 1.
        hold: share of the steps at the full rate, 0 to 1.
        power: of the fall, 0 or more; 1 is a straight line.
        end: multiple at the last step.
    """
    _refuse_share("warmup", warmup)
    _refuse_share("hold", hold)
    _refuse_share("warmup + hold", warmup + hold)
    if not 0 <= power < math.inf:
        raise ValueError(f"power must be 0 or more, got {power:g}; a larger one falls faster")

    def scale(progress: float) -> float:
        if progress < warmup:
            return progress / warmup
        if progress < warmup + hold:
            return 1.0
        left = (1 - progress) / max(1 - warmup - hold, 1e-9)
        return float(end + (1 - end) * left**power)

    return _over(optimizer, steps, scale)


def _over(optimizer: Optimizer, steps: int, scale: Callable[[float], float]) -> LambdaLR:
    # The first step is taken at 1/(steps + 1), not at 0, where a warm-up would waste it.
    return LambdaLR(optimizer, lambda step: scale(min(1.0, (step + 1) / (steps + 1))))


def _rise(progress: float) -> float:
    return 0.5 * (1 - math.cos(math.pi * min(1.0, progress)))


def _refuse_share(name: str, share: float) -> None:
    if not 0 <= share <= 1:
        raise ValueError(f"{name} must be a share of the run, 0 to 1, got {share:g}")
