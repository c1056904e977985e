"""The one shape every variable-length batch takes: values padded on the right, and true lengths."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


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
        batch, *middle, time = self.values.shape
        mask = self.mask.view(batch, *(1 for _ in middle), time)
        return self._replace(values=self.values.masked_fill(~mask, 0))


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
