"""How sure a network is of what it says, frame by frame."""

import math

from torch import Tensor

from asr.padded import Padded


def confidence(log_probabilities: Padded) -> Tensor:
    """Divergence of each frame's distribution from the uniform one, summed over true frames.

    The label smoothing of Kim et al., 2018, section 3.3 (https://arxiv.org/abs/1711.02212), which
    for CTC, whose frames have no labels, is the Kullback-Leibler divergence from the output to the
    uniform distribution: the logarithm of the number of classes less the entropy.

    Shape: ``(batch, classes, time)`` to ``(batch,)``, in nats.
    """
    log_p = log_probabilities.values
    divergence = math.log(log_p.shape[1]) + (log_p.exp() * log_p).sum(dim=1)
    return divergence.masked_fill(~log_probabilities.mask, 0).sum(dim=1)
