import math

import pytest
import torch

from asr.augment.gain import Gain
from asr.keyed import generator


def test_the_gain_lies_in_the_range_and_fills_it() -> None:
    waveform = torch.randn(2, 100)
    gains = []
    for seed in range(300):
        ratio = Gain(-6, 3)(waveform, 8_000, generator(seed)) / waveform
        assert torch.allclose(ratio, ratio[0, 0])
        gains.append(20 * math.log10(float(ratio[0, 0])))

    assert -6.001 < min(gains) < -5.5
    assert 2.5 < max(gains) < 3.001


@pytest.mark.parametrize("range_db", [(3, -3), (float("nan"), 0), (0, 1000)])
def test_a_range_that_cannot_be_is_refused(range_db: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="low_db"):
        Gain(*range_db)
