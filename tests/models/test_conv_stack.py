import re
from typing import Any

import pytest
import torch
from torch import nn

from asr.layers.block import ConvBlock
from asr.models.conv_stack import ConvStack
from tests.invariance import (
    assert_alone_as_in_a_batch,
    assert_span_is_what_is_heard,
    single,
    utterances,
)

MAX = {"kind": "max", "kernel": 2}
BLOCKS: list[Any] = [
    {"channels": 4, "kernels": [3, 7], "pool": MAX},
    {"channels": 6, "kernels": [3, 7], "residual": True, "stride": 2},
    {"channels": 6, "kernels": [5], "separable": True, "padding_mode": "replicate"},
]


def test_the_plain_network_of_two_convolutions_can_be_said() -> None:
    block = {"stride": 1, "norm": "none", "pool": {**MAX, "ceil_mode": False}}
    stack = ConvStack(
        1, [{"channels": 32, "kernels": [3], **block}, {"channels": 64, "kernels": [7], **block}]
    )
    plain = nn.Sequential(
        nn.Conv1d(1, 32, 3, stride=1, padding=1), nn.ReLU(), nn.MaxPool1d(2),
        nn.Conv1d(32, 64, 7, stride=1, padding=3), nn.ReLU(), nn.MaxPool1d(2),
    )  # fmt: skip
    for ours, theirs in zip(stack.parameters(), plain.parameters(), strict=True):
        theirs.data.copy_(ours)
    x = torch.randn(3, 1, 101)

    torch.testing.assert_close(stack(single(x)).values, plain(x))
    assert stack.out_channels == 64
    assert stack.output_length(101) == 25


def test_every_gives_defaults_that_a_block_may_override() -> None:
    stack = ConvStack(
        2,
        [{"channels": 4}, {"channels": 4, "kernels": [5, 5], "norm": "batch", "pool": None}],
        every={"kernels": [3], "norm": "layer", "pool": {"kind": "max", "kernel": 2}},  # type: ignore[typeddict-item]
    )

    assert [[unit[0].conv.kernel_size[0] for unit in block.units] for block in stack] == [
        [3],
        [5, 5],
    ]
    assert [type(block.units[0][1]).__name__ for block in stack] == [
        "TimeLayerNorm",
        "TimeBatchNorm",
    ]
    assert [block.pool is not None for block in stack] == [True, False]


def test_channels_are_handed_from_block_to_block() -> None:
    stack = ConvStack(2, BLOCKS)

    assert [block.units[0][0].conv.in_channels for block in stack] == [2, 4, 6]
    assert stack.out_channels == 6


def test_an_utterance_is_the_same_alone_and_in_a_batch() -> None:
    stack = ConvStack(2, BLOCKS).eval()

    assert_alone_as_in_a_batch(stack, utterances([50, 33, 18, 1], channels=2))


def test_the_span_is_what_is_heard() -> None:
    blocks = [{**block, "pool": {"kind": "average", "kernel": 2}} for block in BLOCKS[:2]]
    stack = ConvStack(2, blocks, every={"activation": "leaky_relu"}).double().eval()

    assert_span_is_what_is_heard(stack, channels=2, length=150)


def test_a_causal_stack_hears_no_later_frame() -> None:
    blocks: list[Any] = [{"channels": 4, "kernels": [3, 7], "residual": True}] * 2
    stack = ConvStack(2, blocks, every={"padding": "causal", "activation": "gelu"}).double().eval()

    assert stack.span[:3] == (16, 0, 1)
    assert_span_is_what_is_heard(stack, channels=2, length=40)


def test_every_parameter_learns() -> None:
    stack = ConvStack(2, BLOCKS)

    stack(single(torch.randn(4, 2, 60))).values.square().sum().backward()

    assert all(p.grad is not None and p.grad.any() for p in stack.parameters())


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([], "blocks must hold at least one block, got none"),
        ([{"channels": 4}], "blocks[0] lacks kernels; give it there or in every"),
        ([BLOCKS[0], {}], "blocks[1] lacks channels and kernels"),
        ([BLOCKS[0], {"channels": 4, "kernels": [4]}], "blocks[1]: padding 'same' needs an odd"),
    ],
)
def test_a_wrong_block_is_named(blocks: list[Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        ConvStack(2, blocks)


def test_stochastic_depth_grows_linearly_over_the_blocks_with_a_shortcut() -> None:
    plain = {"channels": 4, "kernels": [3]}
    blocks: list[Any] = [plain, {**plain, "residual": True, "repeat": 3}, plain]
    blocks += [{**plain, "residual": "dense", "repeat": 2}]

    stack = ConvStack(4, blocks, stochastic_depth=0.5)

    found = [m.stochastic_depth for m in stack.modules() if isinstance(m, ConvBlock)]
    assert found == pytest.approx([0, 0.1, 0.2, 0.3, 0, 0.4, 0.5])


@pytest.mark.parametrize(
    ("every", "depth", "message"),
    [
        ({"residual": True}, 1.0, "got 1 for 1 of them"),
        ({"residual": True}, -0.5, "got -0.5 for 1 of them"),
        ({}, 0.1, "got 0.1 for 0 of them"),
        ({"residual": True, "stochastic_depth": 0.1}, 0.1, "leave out one"),
    ],
)
def test_stochastic_depth_that_cannot_be_is_refused(every: Any, depth: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ConvStack(4, [{"channels": 4, "kernels": [3]}], every, stochastic_depth=depth)
