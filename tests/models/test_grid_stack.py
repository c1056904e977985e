import pytest
import torch
import torch.nn.functional as F

from asr.models.grid_stack import GridBlock, GridStack
from asr.padded import Padded
from tests.invariance import (
    assert_alone_as_in_a_batch,
    assert_span_is_what_is_heard,
    single,
    utterances,
)


def stack(**options) -> GridStack:
    grid = [
        {"maps": 3, "kernels": [[5, 5]], "band_stride": 2, "residual": False},
        {"maps": 4, "pool": {"kind": "average", "bands": 2, "frames": 2}},
        {"maps": 4},
    ]
    return GridStack(9, grid, [{"channels": 5, "kernels": [3]}], **options)


def test_an_utterance_is_the_same_alone_and_in_a_batch() -> None:
    assert_alone_as_in_a_batch(stack().eval(), utterances([11, 4, 6, 1], channels=9))


def test_the_span_is_what_is_heard() -> None:
    model = stack(every_grid={"activation": "silu"}).eval().double()
    assert_span_is_what_is_heard(model, channels=9, length=60, exact=False)


def test_a_block_is_two_convolutions_and_a_shortcut() -> None:
    block = GridBlock(2, bands=7, maps=3, band_stride=2).eval()
    x = torch.randn(2, 2, 7, 6)
    first, second = block.units[0].conv.weight, block.units[3].conv.weight
    point = block.shortcut[0].conv.weight
    scale = (1 + 1e-5) ** -0.5  # fresh statistics
    y = F.relu(F.conv2d(x, first, stride=(2, 1), padding=1) * scale)
    y = F.conv2d(y, second, padding=1) * scale
    expected = F.relu(y + F.conv2d(x, point, stride=(2, 1)) * scale)
    torch.testing.assert_close(block(Padded(x, torch.tensor([6, 6]))).values, expected)
    assert (block.out_maps, block.out_bands) == (3, 4)


def test_a_shortcut_without_a_change_is_the_input_itself() -> None:
    block = GridBlock(2, bands=5, maps=2, kernels=[[3, 3]]).eval()
    with torch.no_grad():
        block.units[0].conv.weight.zero_()
    x = torch.randn(1, 2, 5, 4)
    torch.testing.assert_close(block(Padded(x, torch.tensor([4]))).values, x.relu())


def test_options_of_every_block_hold_where_a_block_has_none() -> None:
    model = GridStack(
        8,
        [{"maps": 2}, {"maps": 2, "kernels": [[1, 1]], "repeat": 2}],
        [{"channels": 4}],
        every_grid={"kernels": [[3, 5]]},
        every={"kernels": [1]},
    )
    kernels = [layer.units[0].conv.kernel_size for layer in model[0]]
    assert kernels == [(3, 5), (1, 1), (1, 1)]
    assert model(single(torch.randn(1, 8, 5))).values.shape == (1, 4, 5)


def test_it_may_be_two_dimensional_alone() -> None:
    model = GridStack(8, [{"maps": 3, "band_stride": 2}])
    assert model(single(torch.randn(1, 8, 5))).values.shape == (1, model.out_channels, 5)
    assert model.out_channels == 12
    with pytest.raises(ValueError, match="stochastic_depth is of one-dimensional blocks"):
        GridStack(8, [{"maps": 3}], stochastic_depth=0.1)


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ([], "at least one block, got none"),
        ([{"kernels": [[3, 3]]}], r"grid\[0\] needs maps"),
        ([{"maps": 2}, {"maps": 2, "kernels": [[2, 3]]}], r"grid\[1\]: .*odd.*\[\[2, 3\]\]"),
        ([{"maps": 2, "kernels": [[3, 4]]}], r"grid\[0\]: .* over time, got \[3, 4\]"),
        ([{"maps": 2, "kernels": []}], r"grid\[0\]: kernels must be pairs"),
        ([{"maps": 2, "activation": "glu"}], "'glu' halves the maps"),
        ([{"maps": 0}], r"grid\[0\]: maps and band_stride must be at least 1, got 0"),
    ],
)
def test_a_block_that_cannot_be_is_named(grid, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GridStack(8, grid, [{"channels": 4, "kernels": [3]}])
