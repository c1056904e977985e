"""What a network says about a batch, in counts that add up over batches and processes."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Observation(NamedTuple):
    """Counts of what is wanted and what is said; those of frames are 0 where a task has none.

    Attributes:
        said: ``(symbols,)``, how often each symbol is emitted on the best path.
        wanted: ``(symbols,)``, how often each symbol is among the targets.
        silent: ``()``, frames whose best class is the blank.
        frames: ``()``, all frames.
        needed: ``()``, the least frames that could be aligned to the targets.
        infeasible: ``()``, utterances with fewer frames than that.
    """

    said: Tensor
    wanted: Tensor
    silent: Tensor
    frames: Tensor
    needed: Tensor
    infeasible: Tensor

    def packed(self) -> Tensor:
        """``(2 symbols + 4,)`` int64, to be summed over processes."""
        return torch.cat([self.said, self.wanted, torch.stack(self[2:]).long()])

    @staticmethod
    def unpacked(counts: Tensor) -> Observation:
        """The observation whose :meth:`packed` is ``counts``."""
        symbols = (len(counts) - 4) // 2
        return Observation(counts[:symbols], counts[symbols : 2 * symbols], *counts[-4:])
