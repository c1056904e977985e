"""CTC prefix beam search (Hannun et al., 2014, https://arxiv.org/abs/1408.2873, algorithm 1)."""

import math
from collections import defaultdict
from collections.abc import Iterator

import torch
from torch import Tensor

from asr.decoding.exact_score import exact_scores
from asr.decoding.hypothesis import Hypothesis
from asr.decoding.log_sum import log_sum
from asr.padded import Padded

Prefix = tuple[int, ...]

WIDEST = 10_000  # prefixes; recognition as it is used has 10 to 500


class PrefixBeamDecoder:
    """Sum over the alignments of each prefix, instead of following the best alignment.

    Args:
        width: prefixes kept after each frame.
        classes: most probable classes tried in each frame; the rest is passed over.

    Raises:
        ValueError: ``width`` or ``classes`` is below 1, or a width so large that a second of
            audio, of a bundle from anywhere, would take for ever.
    """

    def __init__(self, width: int = 16, classes: int = 16) -> None:
        if width < 1 or classes < 1:
            raise ValueError(f"width and classes must be at least 1, got {width} and {classes}")
        if width > WIDEST:
            raise ValueError(f"width must be at most {WIDEST}, got {width}")
        self.width, self.classes = width, classes

    def __call__(self, logits: Padded, blank: int) -> list[list[int]]:
        """Token sequences for logits of shape ``(batch, classes, time)``."""
        return [list(self._search(frames, blank)[0]) for frames in _utterances(logits)]

    def n_best(self, logits: Padded, blank: int, count: int) -> list[list[Hypothesis]]:
        """The best transcripts of each utterance, at least one and at most ``count``."""
        return [self._scored(frames, blank)[:count] for frames in _utterances(logits)]

    def _scored(self, frames: Tensor, blank: int) -> list[Hypothesis]:
        found = self._search(frames, blank)
        scores = exact_scores(frames, found, blank)
        hypotheses = [Hypothesis(*each) for each in zip(found, scores, strict=True)]
        return sorted(hypotheses, key=lambda each: (-each.score, each.tokens))

    def _search(self, frames: Tensor, blank: int) -> list[Prefix]:
        # Each prefix carries two log-probabilities: of ending in blank, and in its last token.
        beam: dict[Prefix, tuple[float, float]] = {(): (0.0, -math.inf)}
        for frame in frames:
            top = torch.topk(frame, min(self.classes, len(frame)))
            tried = dict(zip(top.indices.tolist(), top.values.tolist(), strict=True))
            beam = self._grow(beam, tried, float(frame[blank]), blank)
        return sorted(beam, key=lambda prefix: log_sum(*beam[prefix]), reverse=True)

    def _grow(
        self,
        beam: dict[Prefix, tuple[float, float]],
        tried: dict[int, float],
        blank_score: float,
        blank: int,
    ) -> dict[Prefix, tuple[float, float]]:
        grown: dict[Prefix, list[float]] = defaultdict(lambda: [-math.inf, -math.inf])
        for prefix, (ends_blank, ends_token) in beam.items():
            both = log_sum(ends_blank, ends_token)
            grown[prefix][0] = log_sum(grown[prefix][0], both + blank_score)
            for token, score in tried.items():
                if token == blank:
                    continue
                longer_prefix: Prefix = (*prefix, token)
                longer = grown[longer_prefix]
                if prefix[-1:] == (token,):
                    grown[prefix][1] = log_sum(grown[prefix][1], ends_token + score)
                    longer[1] = log_sum(longer[1], ends_blank + score)
                else:
                    longer[1] = log_sum(longer[1], both + score)
        kept = sorted(grown.items(), key=lambda item: log_sum(*item[1]), reverse=True)[: self.width]
        return {prefix: (ends_blank, ends_token) for prefix, (ends_blank, ends_token) in kept}


def _utterances(logits: Padded) -> Iterator[Tensor]:
    """Log-probabilities ``(time, classes)`` of each utterance."""
    scores = logits.values.detach().cpu().double().log_softmax(dim=1).transpose(1, 2)
    for frames, length in zip(scores, logits.lengths.tolist(), strict=True):
        yield frames[:length]
