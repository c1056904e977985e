"""How sure a CTC model is of a transcript, as a share from 0 to 1."""

import math
from collections.abc import Sequence

from torch import Tensor

from asr.decoding.align import align


def confidence(logits: Tensor, tokens: Sequence[int], blank: int) -> float:
    """Geometric mean of the posteriors of ``tokens`` along their best alignment.

    Of an empty transcript, of the blank in all frames.

    Args:
        logits: of one utterance, ``(classes, frames)``, without padding.

    Returns:
        0 where the tokens do not fit into the frames, or there is no frame.
    """
    if not logits.shape[1]:
        return 0.0
    scores = logits.detach().cpu().double().log_softmax(dim=0)
    if not tokens:
        return math.exp(float(scores[blank].mean()))
    try:
        logs = token_log_posteriors(scores, tokens, align(logits, tokens, blank))
    except ValueError:
        return 0.0
    return math.exp(sum(logs) / len(logs))


def token_log_posteriors(
    scores: Tensor, tokens: Sequence[int], spans: Sequence[tuple[int, int]]
) -> list[float]:
    """Mean log-posterior of each token over the frames in which it was emitted.

    Args:
        scores: log-probabilities of one utterance, ``(classes, frames)``.
        spans: first and last frame of each token, as :func:`~asr.decoding.align.align` gives.
    """
    return [
        float(scores[token, first : last + 1].mean())
        for token, (first, last) in zip(tokens, spans, strict=True)
    ]
