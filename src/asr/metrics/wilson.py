"""How far a share may lie from what was counted, of independent cases."""

from math import sqrt
from statistics import NormalDist


def wilson(right: float, total: float, level: float = 0.95) -> tuple[float, float]:
    """The score interval (Wilson, 1927), which stays open where all or none is right.

    >>> [round(bound, 4) for bound in wilson(10, 10)]
    [0.7225, 1.0]
    """
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share = right / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    reach = z * sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2) / (1 + z * z / total)
    return max(0.0, middle - reach), min(1.0, middle + reach)
