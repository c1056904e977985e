"""The benchmark's plain QuartzNet heard windows of 25 ms, and the application's those of 20."""

import pytest
import torch

from asr.compose import compose
from asr.config import build
from asr.padded import Padded
from scripts.bench.plain import Features


@pytest.mark.parametrize("model", ["separable_small", "quartznet_5x5"])
def test_both_contenders_hear_the_same(model: str) -> None:
    waveform = 0.1 * torch.randn(16_000, generator=torch.Generator().manual_seed(1))
    ours = build(compose([f"model={model}"])["features"], "features")
    heard = ours(Padded(waveform[None, None], torch.tensor([16_000])))
    torch.testing.assert_close(Features(model)(waveform), heard.values[0], atol=1e-4, rtol=0)
