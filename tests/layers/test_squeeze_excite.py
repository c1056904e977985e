import pytest
import torch

from asr.layers.squeeze_excite import SqueezeExcite
from asr.padded import Padded, pad
from tests.invariance import (
    assert_alone_as_in_a_batch,
    assert_span_is_what_is_heard,
    single,
    utterances,
)


@pytest.mark.parametrize("window", [None, 1, 5])
def test_an_utterance_is_the_same_alone_and_in_a_batch(window: int | None) -> None:
    layer = SqueezeExcite(6, 2, window=window)
    assert_alone_as_in_a_batch(layer, utterances([9, 4, 1], channels=6))


@pytest.mark.parametrize("window", [1, 5])
def test_a_window_is_all_that_is_heard(window: int) -> None:
    layer = SqueezeExcite(6, 2, window=window).double()
    assert_span_is_what_is_heard(layer, channels=6, length=30)


def test_the_gate_is_of_the_mean_of_the_utterance() -> None:
    layer = SqueezeExcite(6, 3)
    x = torch.randn(6, 11)
    narrow, wide = (layer.gate[i].weight[..., 0] for i in (0, 2))  # type: ignore[index]
    gate = (wide @ (narrow @ x.mean(1)).relu()).sigmoid()
    torch.testing.assert_close(layer(single(x)).values[0], x * gate[:, None])


def test_a_moving_mean_counts_only_frames_that_are_there() -> None:
    layer = SqueezeExcite(2, 1, window=3)
    mean = layer._squeezed(pad([torch.tensor([[3.0, 6.0], [0.0, 2.0]])]))
    assert mean.tolist() == [[[4.5, 4.5], [1.0, 1.0]]]


def test_half_precision_sums_do_not_lose_a_long_utterance() -> None:
    layer = SqueezeExcite(1, 1).to(torch.bfloat16)
    x = torch.full((1, 1, 4000), 1.0, dtype=torch.bfloat16)
    mean = layer._squeezed(Padded(x, torch.tensor([4000])))
    assert mean.item() == 1.0
