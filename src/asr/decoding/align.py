"""When each token of a transcript was emitted."""

from collections.abc import Sequence
from itertools import groupby, pairwise

import torch
import torchaudio
from torch import Tensor

MOST_CELLS = 2**31 - 1  # of torchaudio's table, a byte each; beyond, its index overflows


def align(logits: Tensor, tokens: Sequence[int], blank: int) -> list[tuple[int, int]]:
    """First and last frame of each token on the most probable path that spells ``tokens``.

    The path of what the greedy decoder heard is the greedy path itself.

    Args:
        logits: of one utterance, ``(classes, frames)``, without padding.

    The table of torchaudio's ``forced_align`` has ``frames * (2 * tokens + 1)`` bytes.

    Raises:
        ValueError: there are fewer frames than the tokens need, or too many of both.
    """
    if not tokens:
        return []
    frames, need = logits.shape[1], len(tokens) + sum(a == b for a, b in pairwise(tokens))
    if frames < need:
        raise ValueError(f"{len(tokens)} tokens need {need} frames, got {frames}")
    if frames * (2 * len(tokens) + 1) > MOST_CELLS:
        raise ValueError(
            f"{len(tokens)} tokens in {frames} frames are too many to align at once, at most "
            f"{MOST_CELLS // (2 * frames):,} fit; cut recording and text into parts"
        )
    log_probabilities = logits.float().cpu().log_softmax(dim=0).T[None].contiguous()
    paths, _ = torchaudio.functional.forced_align(
        log_probabilities, torch.tensor([list(tokens)], dtype=torch.int32), blank=blank
    )
    return _runs(paths[0].tolist(), blank)


def _runs(path: Sequence[int], blank: int) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    begin = 0
    for token, frames in groupby(path):
        end = begin + len(list(frames))
        if token != blank:
            runs.append((begin, end - 1))
        begin = end
    return runs
