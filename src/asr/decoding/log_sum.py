"""Sums of probabilities given by their logarithms."""

import math


def log_sum(a: float, b: float) -> float:
    """Logarithm of the sum of two probabilities given by their logarithms."""
    high, low = (a, b) if a > b else (b, a)
    return high if low == -math.inf else high + math.log1p(math.exp(low - high))
