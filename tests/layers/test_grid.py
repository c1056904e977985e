import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from asr.layers.grid import GridConv, GridNorm, GridPool, GridSequential
from asr.layers.pool import PoolKind
from asr.padded import Padded, pad
from tests.invariance import (
    assert_alone_as_in_a_batch,
    assert_span_is_what_is_heard,
    single,
    utterances,
)

BANDS = 10


def conv(in_maps: int = 1) -> GridConv:
    return GridConv(in_maps, 3, (3, 5), bands=BANDS, band_stride=2, band_padding=1)


LAYERS = {
    "conv": GridSequential(conv()),
    "max": GridSequential(conv(), GridPool("max", 2, 3)),
    "average": GridSequential(conv(), GridPool("average", 3, 2)),
    "norm": GridSequential(conv(), GridNorm(3, 5).eval(), GridNorm(3, 5, 5).eval()),
}


@pytest.mark.parametrize("name", LAYERS)
def test_an_utterance_is_the_same_alone_and_in_a_batch(name: str) -> None:
    assert_alone_as_in_a_batch(LAYERS[name], utterances([9, 4, 6, 1], channels=BANDS))


@pytest.mark.parametrize("name", LAYERS)
def test_the_span_is_what_is_heard(name: str) -> None:
    layer = LAYERS[name].double()
    assert_span_is_what_is_heard(layer, channels=BANDS, length=30, exact=name != "max")
    layer.float()


@given(
    kind=st.sampled_from(["max", "average"]),
    window=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
def test_pooling_is_that_of_torch(
    kind: PoolKind, window: tuple[int, int], size: tuple[int, int]
) -> None:
    x, pool = torch.randn(2, 3, *size), GridPool(kind, *window)
    if kind == "max":
        reference: nn.Module = nn.MaxPool2d(window, ceil_mode=True)
    else:
        reference = nn.AvgPool2d(window, ceil_mode=True, count_include_pad=False)

    y = pool(Padded(x, torch.tensor([size[1]] * 2)))

    torch.testing.assert_close(y.values, reference(x))
    assert y.lengths.tolist() == [y.values.shape[-1]] * 2
    assert pool.out_bands(size[0]) == y.values.shape[2]


@pytest.mark.parametrize("sub_bands", [1, 5])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_normalisation_is_batch_norm_of_sub_bands(
    sub_bands: int, layout: torch.memory_format
) -> None:
    ours, theirs = GridNorm(3, 10, sub_bands), nn.BatchNorm2d(3 * sub_bands)
    x = torch.randn(4, 3, 10, 8).contiguous(memory_format=layout).requires_grad_()
    weight = torch.randn(4, 3, 10, 8)
    expected = theirs(x.reshape(4, 3 * sub_bands, 10 // sub_bands, 8)).view_as(x)
    y = ours(Padded(x, torch.full((4,), 8))).values
    torch.testing.assert_close(y, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(ours.norm.running_var, theirs.running_var)
    [found] = torch.autograd.grad((y * weight).sum(), [x])
    [wanted] = torch.autograd.grad((expected * weight).sum(), [x])
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


def test_statistics_are_those_of_the_frames_that_are_there() -> None:
    lengths = [7, 3, 5]
    images = [torch.randn(2, 4, length) for length in lengths]
    ours, theirs = GridNorm(2, 4), nn.BatchNorm2d(2)

    ours(pad(images, float("nan")))
    theirs(torch.cat(images, dim=-1)[None])

    torch.testing.assert_close(ours.norm.running_mean, theirs.running_mean)
    torch.testing.assert_close(ours.norm.running_var, theirs.running_var)


def test_half_precision_is_as_near_as_it_can_be() -> None:
    front = GridSequential(conv(), GridNorm(3, 5), GridPool("max", 2, 2))
    x = pad(utterances([19, 14], channels=BANDS))
    exact = front(x).values
    with torch.autocast("cpu", torch.bfloat16):
        near = front(x).values
    torch.testing.assert_close(near.float(), exact, rtol=0.05, atol=0.05)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (lambda: GridNorm(2, 9, 5), "9 bands cannot be shared out among 5"),
        (lambda: GridConv(1, 2, (3, 4), bands=5), r"odd number of taps over time, got \[3, 4\]"),
        (lambda: GridConv(1, 2, (7, 3), bands=5), "over 7 bands needs as many, got 5"),
        (lambda: GridPool("max", 0, 2), "window of at least 1 band, got 0"),
        (lambda: GridPool("max", 2, 0), "at least 1"),
        (lambda: GridPool("median", 2, 2), "'max' or 'average'"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_is_refused(layer, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        layer()


def test_channels_go_out_map_by_map() -> None:
    front = GridSequential(conv())
    y = front(single(torch.randn(1, BANDS, 6))).values
    grid = front[0](Padded(torch.zeros(1, 1, BANDS, 6), torch.tensor([6]))).values
    assert y.shape == (1, grid.shape[1] * grid.shape[2], 6)
    with torch.no_grad():
        front[0].conv.weight[1:] = 0
    y = front(single(torch.randn(1, BANDS, 6))).values[0]
    assert y[:5].abs().min(dim=1).values.gt(0).all()
    assert not y[5:].any()
