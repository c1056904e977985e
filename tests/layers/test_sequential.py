import torch
from torch import nn

from asr.layers.conv import TimeConv
from asr.layers.pool import TimePool
from asr.layers.sequential import Pointwise, TimeSequential
from asr.span import Span, TimeLayer
from tests.invariance import assert_span_is_what_is_heard, single


def test_lengths_and_spans_go_through_the_same_layers_as_values() -> None:
    stack = TimeSequential(
        TimeConv(1, 2, 3, stride=2), Pointwise(nn.ReLU()), TimePool("max", 3), TimeConv(2, 2, 5)
    )

    y = stack(single(torch.randn(1, 1, 50)))

    assert y.values.shape[-1] == y.lengths[0] == stack.output_length(50) == 9
    assert stack.output_length(torch.tensor([50, 4])).tolist() == [9, 1]
    assert stack.span == Span(left=13, right=17, stride=6)


def test_a_strided_stack_hears_what_it_says() -> None:
    stack = TimeSequential(
        TimeConv(1, 3, 3, stride=2, padding="causal"),
        TimePool("average", 2),
        TimeConv(3, 3, 3, padding="causal", lookahead=1, dilation=2),
    )

    assert_span_is_what_is_heard(stack.double(), channels=1, length=50)


def test_no_layers_change_nothing() -> None:
    x = single(torch.randn(1, 1, 5))

    assert TimeSequential()(x) is x
    assert TimeSequential().span == Span()
    assert TimeSequential().output_length(5) == 5


def test_a_pointwise_layer_is_its_layer_at_every_frame() -> None:
    x = single(torch.randn(2, 3, 4))

    layer = Pointwise(nn.Tanh())

    assert isinstance(layer, TimeLayer)
    assert torch.equal(layer(x).values, x.values.tanh())
    assert layer.output_length(4) == 4
