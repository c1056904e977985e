from collections.abc import Callable
from math import nan
from typing import Any
from unittest import mock

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from asr.layers import norm as norms
from asr.layers.norm import NoNorm, TimeBatchNorm, TimeLayerNorm, _MaskedBatchNorm, make_norm
from asr.padded import Padded, pad
from asr.span import Span, TimeLayer
from tests.invariance import assert_alone_as_in_a_batch, single, utterances


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_without_padding_it_is_batch_norm_in_training(dtype: torch.dtype) -> None:
    ours, theirs = _pair(4, dtype)
    x = torch.randn(3, 4, 20, dtype=dtype) * 3 + 5
    weights = torch.randn_like(x)

    found, expected = _run(lambda x: ours(single(x)).values, x, weights), _run(theirs, x, weights)

    tight = {"rtol": 1e-10, "atol": 1e-10} if dtype == torch.float64 else {}
    torch.testing.assert_close(found, expected, **tight)
    for name in ("weight", "bias"):
        _close(getattr(ours, name).grad, getattr(theirs, name).grad)
    for name in ("running_mean", "running_var"):
        _close(getattr(ours, name), getattr(theirs, name))


def test_without_padding_it_is_batch_norm_in_evaluation() -> None:
    ours, theirs = _pair(4, torch.float32)
    for norm in (ours, theirs):
        norm.eval()
        norm.running_mean.copy_(torch.arange(4.0))
        norm.running_var.copy_(torch.arange(4.0) + 0.5)
    x, weights = torch.randn(3, 4, 20), torch.randn(3, 4, 20)

    found, expected = _run(lambda x: ours(single(x)).values, x, weights), _run(theirs, x, weights)

    torch.testing.assert_close(found, expected)
    _close(ours.running_mean, torch.arange(4.0))


@given(
    lengths=st.lists(st.integers(0, 12), min_size=1, max_size=4).filter(lambda n: sum(n) > 1),
    eps=st.sampled_from([1e-5, 0.1]),
    momentum=st.sampled_from([0.1, 1.0]),
    counted=st.sampled_from([norms._true, lambda n: n.sum().clamp_min(1)]),  # as on a GPU
)
def test_with_padding_it_is_batch_norm_of_the_valid_frames(
    lengths: list[int], eps: float, momentum: float, counted: Callable[[Tensor], Any]
) -> None:
    ours, theirs = _pair(3, torch.float64, eps, momentum)
    inputs = [2 * x.double() - 1 for x in utterances(lengths, channels=3)]
    mine = [x.clone().requires_grad_() for x in inputs]
    frames = torch.cat(inputs, dim=1).requires_grad_()
    weights = torch.randn_like(frames)

    with mock.patch.object(norms, "_true", counted):
        padded = ours(pad(mine, nan))
    y = torch.cat([y[:, :n] for y, n in zip(padded.values, lengths, strict=True)], dim=1)
    expected = theirs(frames[None])[0]
    (y * weights).sum().backward()
    (expected * weights).sum().backward()

    _close(y, expected)
    _close(torch.cat([x.grad for x in mine], dim=1), frames.grad)
    for name in ("weight", "bias"):
        _close(getattr(ours, name).grad, getattr(theirs, name).grad)
    for name in ("running_mean", "running_var"):
        _close(getattr(ours, name), getattr(theirs, name))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_with_padding_and_bands_it_is_batch_norm_of_the_valid_frames(
    layout: torch.memory_format,
) -> None:
    ours, single_band = _pair(3, torch.float64)
    theirs = nn.BatchNorm2d(3).double()
    theirs.load_state_dict(single_band.state_dict())
    lengths = [7, 4, 1, 6]
    inputs = [torch.randn(3, 5, n, dtype=torch.float64) for n in lengths]
    x = pad(inputs, nan)
    values = x.values.contiguous(memory_format=layout).requires_grad_()
    frames = torch.cat(inputs, dim=2).requires_grad_()
    weights = torch.randn_like(values).contiguous(memory_format=layout)

    def valid(images: Tensor) -> Tensor:
        return torch.cat([i[..., :n] for i, n in zip(images, lengths, strict=True)], dim=2)

    y = ours(Padded(values, x.lengths)).values
    expected = theirs(frames[None])[0]
    (y * weights).sum().backward()
    (expected * valid(weights)).sum().backward()

    _close(valid(y), expected)
    _close(valid(values.grad), frames.grad)
    for name in ("weight", "bias"):
        _close(getattr(ours, name).grad, getattr(theirs, name).grad)


def test_its_gradients_are_those_of_finite_differences() -> None:
    x = torch.randn(2, 3, 6, dtype=torch.float64, requires_grad=True)
    lengths = torch.tensor([6, 4])
    mask = Padded(x, lengths).mask[:, None]
    weight, bias = (torch.randn(3, dtype=torch.float64, requires_grad=True) for _ in range(2))

    def normalised(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return _MaskedBatchNorm.apply(x, lengths, weight, bias, 1e-5)[0].masked_fill(~mask, 0)

    assert torch.autograd.gradcheck(normalised, (x, weight, bias))


def test_gradients_that_arrive_in_the_padding_go_nowhere() -> None:
    norm = TimeBatchNorm(2)
    x = torch.randn(2, 2, 6, requires_grad=True)
    lengths = torch.tensor([6, 4])

    y = norm(Padded(x, lengths)).values
    y.backward(torch.ones_like(y).masked_fill(~Padded(x, lengths).mask[:, None], nan))

    assert norm.bias.grad.tolist() == [10, 10]
    assert x.grad.isfinite().all()
    assert not x.grad[1, :, 4:].any()


def test_a_constant_channel_stays_finite() -> None:
    norm = TimeBatchNorm(1)
    x = torch.full((2, 1, 5), 7.0, requires_grad=True)

    y = norm(single(x)).values
    y.square().sum().backward()

    assert y.abs().max() < 1e-3  # as that of nn.BatchNorm1d
    assert x.grad.isfinite().all()


def test_one_frame_alone_is_finite() -> None:
    norm = TimeBatchNorm(2)

    y = norm(single(torch.randn(1, 2, 1)))

    assert y.values.isfinite().all()
    assert norm.running_var.isfinite().all()


def test_a_large_mean_does_not_swallow_the_variance() -> None:
    y = TimeBatchNorm(1)(single(torch.randn(4, 1, 1000) + 1000)).values.detach()

    assert float(y.std()) == pytest.approx(1, abs=1e-2)


def test_a_batch_without_frames_gives_no_nan() -> None:
    norm = TimeBatchNorm(2)

    norm(Padded(torch.full((2, 2, 3), nan), torch.tensor([0, 0])))

    assert norm.running_mean.isfinite().all()
    assert norm.running_var.isfinite().all()


def test_it_trains_under_bfloat16_autocast_as_in_float32() -> None:
    conv, norm = nn.Conv1d(3, 4, 3, padding=1), TimeBatchNorm(4)
    x = torch.randn(3, 3, 30)
    plain = norm(single(conv(x))).values.detach()

    with torch.autocast("cpu", torch.bfloat16):
        y = norm(single(conv(x))).values
    y.float().square().sum().backward()

    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y.float(), plain, rtol=0.05, atol=0.05)
    assert norm.running_mean.dtype == torch.float32
    assert conv.weight.grad.isfinite().all()
    assert norm.weight.grad.isfinite().all()


def test_statistics_of_half_precision_frames_are_taken_in_full_precision() -> None:
    norm = TimeBatchNorm(1, momentum=1.0)
    x = (torch.randn(4, 1, 500) + 3).bfloat16()

    norm(single(x))

    torch.testing.assert_close(norm.running_mean, x.float().mean((0, 2)))
    torch.testing.assert_close(norm.running_var, x.float().var((0, 2)))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_model_of_half_precision_trains(dtype: torch.dtype) -> None:
    norm = TimeBatchNorm(4).to(dtype)

    y = norm(single(torch.randn(3, 4, 30, dtype=dtype))).values
    y.float().square().sum().backward()

    assert y.dtype == norm.running_var.dtype == norm.weight.grad.dtype == dtype


def test_layer_norm_is_that_of_each_frame() -> None:
    norm, x = TimeLayerNorm(5), torch.randn(2, 5, 7)

    y = norm(single(x)).values

    for i in range(2):
        for t in range(7):
            torch.testing.assert_close(y[i, :, t], nn.functional.layer_norm(x[i, :, t], (5,)))


@pytest.mark.parametrize("norm", [TimeBatchNorm(3).eval(), TimeLayerNorm(3), NoNorm()])
def test_an_utterance_is_the_same_alone_and_in_a_batch(norm: TimeLayer) -> None:
    # Normalisations follow a convolution, which leaves no NaN behind: weights may see padding.
    for parameter in norm.parameters():  # type: ignore[attr-defined]
        parameter.requires_grad_(False)

    x = pad(inputs := utterances([9, 5, 1], channels=3), nan)

    for i, alone in enumerate(inputs):
        _close(norm(x).values[i, :, : alone.shape[-1]], norm(single(alone)).values[0])


@pytest.mark.parametrize("kind", ["batch", "layer", "none"])
def test_every_kind_leaves_time_as_it_is(kind: str) -> None:
    norm = make_norm(kind, 3)  # type: ignore[arg-type]

    assert norm.span == Span()
    assert norm.output_length(7) == 7
    assert_alone_as_in_a_batch(norm.eval(), utterances([7, 7], channels=3))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"norm must be one of .*'layer', 'none'.*, got 'group'"):
        make_norm("group", 3)  # type: ignore[arg-type]


def _pair(
    channels: int, dtype: torch.dtype, eps: float = 1e-5, momentum: float = 0.1
) -> tuple[TimeBatchNorm, nn.BatchNorm1d]:
    ours = TimeBatchNorm(channels, eps=eps, momentum=momentum).to(dtype)
    nn.init.normal_(ours.weight)
    nn.init.normal_(ours.bias)
    theirs = nn.BatchNorm1d(channels, eps=eps, momentum=momentum).to(dtype)
    theirs.load_state_dict(ours.state_dict(), strict=False)
    return ours, theirs


def _run(layer, x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[no-untyped-def]
    x = x.clone().requires_grad_()
    y = layer(x)
    (y * weights).sum().backward()
    return y, x.grad


def _close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("learnt", [False, True])
def test_what_it_is_given_is_left_as_it_was(learnt: bool) -> None:
    x = torch.full((2, 3, 5), 7.0, requires_grad=learnt)

    TimeBatchNorm(3)(Padded(x, torch.tensor([5, 2])))

    assert (x == 7).all()
