import itertools
import math

import pytest
import torch

from asr.decoding.exact_score import exact_scores


def test_it_sums_all_alignments() -> None:
    frames = torch.randn(5, 3).log_softmax(dim=1)
    totals: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(3), repeat=5):
        tokens = tuple(c for c, _ in itertools.groupby(path) if c != 2)
        p = math.exp(sum(float(frames[t, c]) for t, c in enumerate(path)))
        totals[tokens] = totals.get(tokens, 0.0) + p
    scores = exact_scores(frames, list(totals), 2)  # more of them than are taken at once
    assert len(totals) > 16
    assert [math.exp(score) for score in scores] == pytest.approx(list(totals.values()), rel=1e-5)
    assert exact_scores(frames, [(0, 0, 0, 0)], 2) == [-math.inf]
