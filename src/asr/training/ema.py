"""Exponential moving average of the weights (Polyak and Juditsky, 1992)."""

from asr.training.averaging import Averaging


def ema(decay: float = 0.999) -> Averaging:
    """Average the weights and running statistics over about ``1 / (1 - decay)`` steps.

    The average begins fast and slows down to ``decay``, as TensorFlow's does, so that a short
    run is not held back by its first weights. Validation, ``best.ckpt`` and the bundle use it.

    Args:
        decay: weight of the past, from 0 to below 1.

    Raises:
        ValueError: ``decay`` is out of range.
    """
    if not 0 <= decay < 1:
        raise ValueError(f"decay must be 0 up to below 1, got {decay:g}")
    return Averaging(lambda count, steps: 1 - min(decay, (1 + count) / (10 + count)))
