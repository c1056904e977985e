from copy import deepcopy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from asr.layers.bands import ScalarNorm
from asr.layers.time_depth import BandConv, TimeDepthBlock
from tests.invariance import (
    assert_alone_as_in_a_batch,
    assert_span_is_what_is_heard,
    single,
    utterances,
)

BANDS = 5
LAYERS = [
    BandConv(2, 3, 5, bands=BANDS),
    BandConv(2, 3, 4, bands=BANDS, stride=2, padding=(2, 1)),
    ScalarNorm(over_time=False),
    ScalarNorm(over_time=True),
    TimeDepthBlock(2, 3, bands=BANDS, hidden=7, activation="silu"),
    TimeDepthBlock(2, 3, bands=BANDS, padding=(2, 0), over_time=True),
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_an_utterance_is_the_same_alone_and_in_a_batch(layer: nn.Module) -> None:
    inputs = utterances([9, 4, 6], channels=2 * BANDS)
    assert_alone_as_in_a_batch(layer, inputs)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "layer",
    [layer for layer in LAYERS if not layer.span.whole],  # type: ignore[union-attr]
    ids=lambda layer: type(layer).__name__,
)
def test_the_span_is_what_is_heard(layer: nn.Module) -> None:
    layer = deepcopy(layer).double()
    assert_span_is_what_is_heard(layer, channels=2 * BANDS, length=30)  # type: ignore[arg-type]


def test_a_band_convolution_is_a_two_dimensional_one_of_height_one() -> None:
    layer, x = BandConv(2, 3, 5, bands=BANDS), torch.randn(1, 2, BANDS, 12)
    weight = layer.conv.conv.weight[:, :, None]
    expected = F.conv2d(x, weight, layer.conv.conv.bias, padding=(0, 2))
    torch.testing.assert_close(layer(single(x.flatten(1, 2))).values, expected.flatten(1, 2))


def test_a_frame_is_normalised_by_one_scale() -> None:
    layer, x = ScalarNorm(over_time=False), torch.randn(1, 6, 7)
    with torch.no_grad():
        layer.weight.fill_(2.0)
        layer.bias.fill_(0.5)
    expected = F.layer_norm(x.transpose(1, 2), (6,)).transpose(1, 2) * 2 + 0.5
    torch.testing.assert_close(layer(single(x)).values, expected)


def test_over_time_an_utterance_has_mean_zero_and_variance_one() -> None:
    y = ScalarNorm(over_time=True)(single(torch.randn(1, 6, 50) * 3 + 1)).values.detach()
    assert abs(float(y.mean())) < 1e-5
    assert abs(float(y.var(correction=0)) - 1) < 1e-4


def test_padding_that_changes_the_length_is_refused() -> None:
    with pytest.raises(ValueError, match="padding that keeps its length"):
        TimeDepthBlock(2, 3, bands=BANDS, padding="valid")
