"""What every layer over time promises, checked by trying: see the layers' and models' tests."""

from collections.abc import Sequence
from math import isinf, nan

import torch
from torch import Tensor

from asr.padded import Padded, pad
from asr.span import TimeLayer


def single(values: Tensor) -> Padded:
    """One utterance ``(channels, time)``, or several of one length, without padding."""
    values = values if values.dim() == 3 else values[None]
    return Padded(values, torch.full((len(values),), values.shape[-1]))


def utterances(lengths: Sequence[int], channels: int = 1) -> list[Tensor]:
    return [torch.randn(channels, length) for length in lengths]


def assert_alone_as_in_a_batch(
    layer: TimeLayer, inputs: Sequence[Tensor], tolerance: float = 1e-5
) -> None:
    """Values and gradients are the same for each input alone and beside others, NaN in between.

    Inputs that are too short for the layer may take part: they must come out empty.
    """
    alone = [x.clone().requires_grad_() for x in inputs]
    together = [x.clone().requires_grad_() for x in inputs]
    separate = [_alone(layer, x) for x in alone]
    weights = [torch.randn_like(y) for y in separate]
    expected = _gradients(layer, alone, separate, weights)

    batch = layer(pad(together, nan))
    cut = [y[:, :n] for y, n in zip(batch.values, batch.lengths.tolist(), strict=True)]
    found = _gradients(layer, together, cut, weights)

    for one, other in zip(separate, cut, strict=True):
        torch.testing.assert_close(other, one, rtol=tolerance, atol=tolerance)
    for one, other in zip(expected, found, strict=True):
        torch.testing.assert_close(other, one, rtol=10 * tolerance, atol=10 * tolerance)


def assert_span_is_what_is_heard(
    layer: TimeLayer, channels: int, length: int, exact: bool = True
) -> None:
    """No frame outside the stated span changes an output, and its ends do change it.

    Args:
        exact: whether the ends are checked too, which needs a layer that loses no input.
    """
    span = layer.span
    heard = _heard(layer, channels, length)
    assert heard.shape[1] == layer.output_length(length)
    assert not span.whole, "then everything is heard"
    for frame in range(heard.shape[1]):
        found = heard[:, frame].nonzero().flatten().tolist()
        first, last = frame * span.stride - span.left, frame * span.stride + span.right
        assert all(first <= i <= last for i in found), (frame, found, span)
        if exact and not isinf(last) and first >= 0 and last < length:
            assert (min(found), max(found)) == (first, last), (frame, found, span)


def _alone(layer: TimeLayer, x: Tensor) -> Tensor:
    if layer.output_length(x.shape[-1]) == 0:
        return layer(pad([x, torch.zeros(len(x), 500)])).values[0, :, :0]
    y = layer(single(x))
    assert y.values.shape[-1] == y.lengths[0] == layer.output_length(x.shape[-1])
    return y.values[0]


def _gradients(
    layer: TimeLayer, inputs: list[Tensor], outputs: list[Tensor], weights: list[Tensor]
) -> list[Tensor]:
    parameters = list(layer.parameters())  # type: ignore[attr-defined]
    loss = sum((y * w).sum() for y, w in zip(outputs, weights, strict=True))
    found = torch.autograd.grad(loss, [*inputs, *parameters], allow_unused=True)
    return [torch.zeros(1) if g is None or not g.any() else g for g in found]


def _heard(layer: TimeLayer, channels: int, length: int) -> Tensor:
    """``(length, frames)`` bool: whether changing an input frame changes an output frame."""
    original = torch.randn(1, channels, length, dtype=torch.float64)
    changed = original.repeat(length, 1, 1)
    frames = torch.arange(length)
    changed[frames, :, frames] += 10 + torch.rand(length, channels, dtype=torch.float64)
    with torch.no_grad():
        before = layer(single(original)).values
        after = layer(single(changed)).values
    return ((after - before).abs() > 1e-9).any(dim=1)
