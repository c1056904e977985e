"""What two views of an utterance disagree on, frame by frame."""

import torch
import torch.nn.functional as F
from torch import Tensor


def disagreement(log_probabilities: Tensor) -> Tensor:
    """How far the distributions of two views are from each other, summed over frames.

    The consistency regularisation of CR-CTC, section 3.2, equation 3 (Yao et al., 2025,
    https://arxiv.org/abs/2410.05101): half of the Kullback-Leibler divergences of each view from
    the other, which is a target that no gradient goes through. Frames in which both views have
    the same distribution, such as padding whose logits are zero, add nothing.

    Shape: ``(2 * batch, classes, time)``, all first views and then all second ones, to
    ``(batch,)``, in nats.
    """
    first, second = log_probabilities.detach().chunk(2)
    targets = torch.cat([second, first])
    divergence = F.kl_div(log_probabilities, targets, reduction="none", log_target=True)
    one, other = divergence.sum(dim=(1, 2)).chunk(2)
    return (one + other) / 2
