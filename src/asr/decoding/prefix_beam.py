"""CTC prefix beam search (Hannun et al., 2014, https://arxiv.org/abs/1408.2873, algorithm 1)."""

import math
from collections import defaultdict

import torch
from torch import Tensor

from asr.padded import Padded

Prefix = tuple[int, ...]


class PrefixBeamDecoder:
    """Sum over the alignments of each prefix, instead of following the best alignment.

    Args:
        width: prefixes kept after each frame.
        classes: most probable classes tried in each frame; the rest is passed over.

    Raises:
        ValueError: ``width`` or ``classes`` is below 1.
    """

    def __init__(self, width: int = 16, classes: int = 16) -> None:
        if width < 1 or classes < 1:
            raise ValueError(f"width and classes must be at least 1, got {width} and {classes}")
        self.width, self.classes = width, classes

    def __call__(self, logits: Padded, blank: int) -> list[list[int]]:
        """Token sequences for logits of shape ``(batch, classes, time)``."""
        scores = logits.values.double().log_softmax(dim=1).transpose(1, 2).cpu()
        return [
            self._search(frames[:length], blank)
            for frames, length in zip(scores, logits.lengths.tolist(), strict=True)
        ]

    def _search(self, frames: Tensor, blank: int) -> list[int]:
        # Each prefix carries two log-probabilities: of ending in blank, and in its last token.
        beam: dict[Prefix, tuple[float, float]] = {(): (0.0, -math.inf)}
        for frame in frames:
            top = torch.topk(frame, min(self.classes, len(frame)))
            tried = dict(zip(top.indices.tolist(), top.values.tolist(), strict=True))
            beam = self._grow(beam, tried, float(frame[blank]), blank)
        best, _ = max(beam.items(), key=lambda item: _add(*item[1]))
        return list(best)

    def _grow(
        self,
        beam: dict[Prefix, tuple[float, float]],
        tried: dict[int, float],
        blank_score: float,
        blank: int,
    ) -> dict[Prefix, tuple[float, float]]:
        grown: dict[Prefix, list[float]] = defaultdict(lambda: [-math.inf, -math.inf])
        for prefix, (ends_blank, ends_token) in beam.items():
            both = _add(ends_blank, ends_token)
            grown[prefix][0] = _add(grown[prefix][0], both + blank_score)
            for token, score in tried.items():
                if token == blank:
                    continue
                longer_prefix: Prefix = (*prefix, token)
                longer = grown[longer_prefix]
                if prefix[-1:] == (token,):
                    grown[prefix][1] = _add(grown[prefix][1], ends_token + score)
                    longer[1] = _add(longer[1], ends_blank + score)
                else:
                    longer[1] = _add(longer[1], both + score)
        kept = sorted(grown.items(), key=lambda item: _add(*item[1]), reverse=True)[: self.width]
        return {prefix: (ends_blank, ends_token) for prefix, (ends_blank, ends_token) in kept}


def _add(a: float, b: float) -> float:
    """Logarithm of the sum of two probabilities given by their logarithms."""
    high, low = (a, b) if a > b else (b, a)
    return high if low == -math.inf else high + math.log1p(math.exp(low - high))
