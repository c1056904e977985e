"""Uniform average of the weights of the last part of a run (Izmailov et al., 2018)."""

from asr.training.averaging import Averaging


def swa(begin: float = 0.75) -> Averaging:
    """Average the weights and running statistics of all steps from ``begin`` on, each alike.

    Izmailov et al., 2018, section 3 (https://arxiv.org/abs/1803.05407), with every step in place
    of every epoch, and with the average of the running statistics in place of a pass over the
    training data. Until then validation sees the weights as they are. ``best.ckpt`` and the
    bundle hold the average.

    Args:
        begin: share of the steps of the run, from 0 to below 1.

    Raises:
        ValueError: ``begin`` is out of range.
    """
    if not 0 <= begin < 1:
        raise ValueError(f"begin must be 0 up to below 1, got {begin:g}")

    def weight(count: float, steps: int) -> float:
        first = max(int(begin * steps), 1)  # update, of which the average is the weights
        return 1 / (2 + max(count - first, -1))

    return Averaging(weight)
