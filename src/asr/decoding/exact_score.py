"""The probability of a token sequence, summed over all its alignments."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

_TOGETHER = 16  # sequences; more would take memory


def exact_scores(frames: Tensor, sequences: Sequence[Sequence[int]], blank: int) -> list[float]:
    """Natural logarithm of the CTC probability of each sequence; minus infinity if it cannot be.

    Args:
        frames: log-probabilities ``(time, classes)`` of one utterance.
    """
    found: list[float] = []
    for begin in range(0, len(sequences), _TOGETHER):
        some = sequences[begin : begin + _TOGETHER]
        lengths = torch.tensor([len(tokens) for tokens in some])
        flat = torch.tensor([token for tokens in some for token in tokens], dtype=torch.long)
        losses = F.ctc_loss(
            frames[:, None].expand(-1, len(some), -1), flat,
            torch.full((len(some),), len(frames)), lengths, blank=blank, reduction="none",
        )  # fmt: skip
        found += (-losses).tolist()
    return found
