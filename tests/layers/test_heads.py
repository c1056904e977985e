import pytest
import torch

from asr.layers.heads import FrameHead, PooledHead
from asr.padded import Padded
from asr.span import Span
from tests.invariance import assert_alone_as_in_a_batch, single, utterances


def test_a_frame_head_is_a_linear_layer_at_every_frame() -> None:
    head, x = FrameHead(4, 3), torch.randn(2, 4, 7)

    weight, bias = head.project.weight[:, :, 0], head.project.bias

    torch.testing.assert_close(head(single(x)).values, weight @ x + bias[:, None])
    assert head.output_length(7) == 7


def test_a_pooled_head_is_a_linear_layer_over_the_mean() -> None:
    head, x = PooledHead(4, 3), torch.randn(2, 4, 7)

    weight, bias = head.project.weight[:, :, 0], head.project.bias

    y = head(single(x))
    torch.testing.assert_close(y.values[..., 0], x.mean(-1) @ weight.T + bias)
    assert y.lengths.tolist() == [1, 1]
    assert head.output_length(7) == 1
    assert head.output_length(torch.tensor([7, 9])).tolist() == [1, 1]


def test_a_frame_head_gives_an_utterance_the_same_alone_and_in_a_batch() -> None:
    assert_alone_as_in_a_batch(FrameHead(4, 3), utterances([9, 5, 1], channels=4))


def test_a_pooled_head_may_take_the_maximum_or_both() -> None:
    x = torch.randn(2, 4, 7)
    for pooling, pooled in (("max", x.amax(-1)), ("both", x.amax(-1) + x.mean(-1))):
        head = PooledHead(4, 3, pooling=pooling)
        expected = pooled @ head.project.weight[:, :, 0].T + head.project.bias
        torch.testing.assert_close(head(single(x)).values[..., 0], expected)


@pytest.mark.parametrize("pooling", ["mean", "max", "both"])
def test_a_pooled_head_gives_an_utterance_the_same_alone_and_in_a_batch(pooling) -> None:
    head = PooledHead(4, 3, pooling=pooling)
    assert_alone_as_in_a_batch(head, utterances([9, 5, 1], channels=4))


@pytest.mark.parametrize("pooling", ["mean", "max", "both"])
def test_of_no_frames_a_pooled_head_says_nothing(pooling) -> None:
    head = PooledHead(4, 3, pooling=pooling)
    y = head(Padded(torch.randn(2, 4, 5), torch.tensor([0, 5]))).values
    assert torch.equal(y[0, :, 0], head.project.bias)


def test_pooling_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="got 'median'"):
        PooledHead(4, 3, pooling="median")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="count_padding is of a mean over time, got pooling 'max'"):
        PooledHead(4, 3, pooling="max", options={"count_padding": True})


def test_dropout_of_a_pooled_head_works_in_training_only() -> None:
    head, x = PooledHead(4, 3, dropout=0.9), single(torch.randn(64, 4, 7))

    assert not torch.equal(head(x).values, head(x).values)
    assert torch.equal(head.eval()(x).values, head(x).values)


def test_a_frame_head_hears_its_frame_and_a_pooled_head_the_whole_utterance() -> None:
    assert FrameHead(4, 3).span == Span()
    assert PooledHead(4, 3).span == Span(whole=True)
