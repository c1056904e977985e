import torch

from asr.layers.block import ConvBlock
from asr.layers.dense import DenseChain
from tests.invariance import (
    assert_alone_as_in_a_batch,
    assert_span_is_what_is_heard,
    single,
    utterances,
)


def chain() -> DenseChain:
    torch.manual_seed(0)
    return DenseChain(
        [
            ConvBlock(3, 4, [3], residual="dense", activation="gelu"),
            ConvBlock(4, 5, [3, 3], residual="dense", earlier=(3,), activation="gelu"),
            ConvBlock(5, 5, [1], residual="dense", earlier=(3, 4), activation="gelu"),
        ]
    ).eval()


def test_each_block_adds_the_inputs_of_all_before_it() -> None:
    layer, x = chain(), single(torch.randn(3, 12))
    inputs = [x]
    for block in layer.blocks:
        total = block.units(inputs[-1]).values  # type: ignore[operator]
        for shortcut, source in zip(block.shortcuts, inputs, strict=True):  # type: ignore[arg-type]
            total = total + shortcut(source).values
        inputs.append(block.finish(x._replace(values=total)))  # type: ignore[operator]
    torch.testing.assert_close(layer(x).values, inputs[-1].values)


def test_an_utterance_is_the_same_alone_and_in_a_batch() -> None:
    assert_alone_as_in_a_batch(chain(), utterances([9, 4, 1], channels=3))


def test_the_span_is_what_is_heard() -> None:
    assert_span_is_what_is_heard(chain().double(), channels=3, length=30)
