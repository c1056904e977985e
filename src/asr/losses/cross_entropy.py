"""Cross-entropy with targets that are shared between classes, and with a focus on hard cases."""

import torch
from torch import Tensor


def soft_cross_entropy(
    scores: Tensor,
    targets: Tensor,
    *,
    counted: Tensor | None = None,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    focus: float = 0.0,
) -> Tensor:
    """The mean over utterances, which for whole targets is ``F.cross_entropy``; 0 over none.

    Shape: scores and targets ``(batch, classes)``, counted ``(batch,)``, weight ``(classes,)``, to
    a scalar.

    Args:
        targets: shares of the classes, which sum to 1.
        counted: whether an utterance takes part; ``None`` is that all do.
        weight: of each class; the mean is over the weights of the targets.
        label_smoothing: share of the target that is spread over all classes.
        focus: the gamma of the focal loss (Lin et al., 2017, section 3.2,
            https://arxiv.org/abs/1708.02002): a class with the probability p counts
            ``(1 - p) ** focus``, so the well recognised count little; 0 for none.
    """
    log_p = scores.log_softmax(dim=1)
    loss = -log_p
    if focus:
        # Just above 0, where a power below 1 has no gradient.
        missed = (-log_p.expm1()).clamp_min(torch.finfo(log_p.dtype).tiny)
        loss = loss * missed**focus
    shares = (1 - label_smoothing) * targets + label_smoothing / scores.shape[1]
    if counted is not None:
        targets, shares = targets * counted[:, None], shares * counted[:, None]
    if weight is None:
        total = len(scores) if counted is None else counted.sum().clamp_min(1)
        return (loss * shares).sum() / total
    total = (targets * weight).sum().clamp_min(torch.finfo(log_p.dtype).tiny)
    return (loss * shares * weight).sum() / total
