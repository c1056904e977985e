"""The one shape every variable-length batch takes: values padded on the right, and true lengths."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]


class Padded(NamedTuple):
    """A batch of sequences padded on the right to a common length.

    Time is always the last axis, so waveforms, features, logits and tokens share this type.

    Attributes:
        values: ``(batch, ..., time)``. Entries past a sequence's length carry no meaning.
        lengths: ``(batch,)`` int64, the number of valid positions, at most ``time``.
    """

    values: Tensor
    lengths: Tensor

    @property
    def mask(self) -> Tensor:
        """``(batch, time)`` bool, true where a position is valid."""
        time = torch.arange(self.values.shape[-1], device=self.values.device)
        return time < self.lengths[:, None]

    def zeroed(self) -> "Padded":
        """The same batch with every padded entry set to zero, whatever was there."""
        if not self.values.requires_grad:
            return self._replace(values=zero_beyond(self.values, self.lengths))
        return self._replace(values=_Zeroed.apply(self.values, self.lengths))


class _Zeroed(torch.autograd.Function):
    """:func:`zero_beyond`, and the same of its gradient."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, lengths: Tensor) -> Tensor:
        ctx.save_for_backward(lengths)
        return zero_beyond(values, lengths)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return zero_beyond(grad, *ctx.saved_tensors), None


def zero_beyond(values: Tensor, lengths: Tensor) -> Tensor:
    """``values`` with zeros beyond each length; itself where there is nothing beyond.

    Filling by a mask is several times slower than copying on a CPU, so only what is beyond the
    shortest length is filled; in batches of similar duration that is little.
    """
    batch, *middle, time = values.shape
    # Elsewhere, the shortest length is not to be waited for.
    shortest = int(lengths.min()) if batch and values.device.type == "cpu" else 0
    if shortest >= time:
        return values
    shortest = max(shortest, 0)
    beyond = torch.arange(shortest, time, device=values.device) >= lengths[:, None]
    beyond = beyond.view(batch, *(1 for _ in middle), -1)
    if not shortest:
        return values.masked_fill(beyond, 0)
    copy = values.clone()
    copy[..., shortest:].masked_fill_(beyond, 0)
    return copy


def pad(sequences: Sequence[Tensor], value: float = 0) -> Padded:
    """Stack sequences, equal but for their last axis, into one batch.

    >>> pad([torch.tensor([1, 2]), torch.tensor([3])]).values.tolist()
    [[1, 2], [3, 0]]

    Raises:
        ValueError: there are no sequences, or they differ in more than their last axis.
    """
    if not sequences:
        raise ValueError("a batch needs at least one sequence, got none")
    first = sequences[0]
    shapes = {tuple(sequence.shape[:-1]) for sequence in sequences}
    if len(shapes) > 1:
        raise ValueError(f"sequences must be equal but for their last axis, got {sorted(shapes)}")
    lengths = torch.tensor([sequence.shape[-1] for sequence in sequences], device=first.device)
    values = first.new_full((len(sequences), *shapes.pop(), int(lengths.max())), value)
    for i, sequence in enumerate(sequences):
        values[i, ..., : sequence.shape[-1]] = sequence
    return Padded(values, lengths)


def extend(x: Padded, pads: tuple[int, int], mode: PaddingMode) -> Tensor:
    """Put frames before the first and after the true last frame of each sequence.

    Reflections go back and forth where a sequence is shorter than what is to be added.

    Shape: ``(batch, channels, time)`` to ``(batch, channels, pads[0] + time + pads[1])``; what
    lies beyond a sequence's own right padding is zero.
    """
    batch, channels, time = x.values.shape
    position = torch.arange(-pads[0], time + pads[1], device=x.values.device)
    length = x.lengths[:, None]
    last = (length - 1).clamp_min(0)
    if mode == "zeros":
        return torch.nn.functional.pad(x.zeroed().values, pads)
    if mode == "replicate":
        source = torch.minimum(position.clamp_min(0), last)
    elif mode == "circular":
        source = position.remainder(length.clamp_min(1))
    else:
        # A reflection is a triangle wave over the frames: 0 1 2 3 2 1 0 1 ...
        period = (2 * last).clamp_min(1)
        phase = position.remainder(period)
        source = torch.minimum(torch.minimum(phase, period - phase), last)
    source = source.clamp_max(time - 1)[:, None, :].expand(batch, channels, -1)
    beyond = (position >= length + pads[1]) | (length == 0)
    return x.values.gather(-1, source).masked_fill(beyond[:, None, :], 0)
