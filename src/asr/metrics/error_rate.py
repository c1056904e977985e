"""Word and character error rate: edits are summed over all utterances, then divided once."""

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor
from torchmetrics import Metric

from asr.metrics.edits import Edits, character_edits, word_edits

Unit = Literal["word", "character"]
_COUNT: dict[Unit, Callable[[str, str], Edits]] = {
    "word": word_edits,
    "character": character_edits,
}


class ErrorRate(Metric):
    """Errors per unit of the references.

    The four counts are exact and add up over batches and processes, so the rate is that of the
    whole corpus, not a mean of rates. With no units at all it is 0, or infinite if something
    was inserted, as :attr:`Edits.rate` has it.

    Args:
        unit: what is counted, words or characters.

    Raises:
        ValueError: ``unit`` is neither.
    """

    is_differentiable = False
    higher_is_better = False
    full_state_update = False

    substitutions: Tensor
    deletions: Tensor
    insertions: Tensor
    units: Tensor

    def __init__(self, unit: Unit = "word") -> None:
        super().__init__()
        if unit not in _COUNT:
            raise ValueError(f"unit must be one of {list(_COUNT)}, got {unit!r}")
        self.unit = unit
        for name in ("substitutions", "deletions", "insertions", "units"):
            self.add_state(name, torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, hypotheses: Sequence[str], references: Sequence[str]) -> None:
        """Count the edits of each hypothesis against the reference beside it."""
        count = _COUNT[self.unit]
        for hypothesis, reference in zip(hypotheses, references, strict=True):
            found = count(hypothesis, reference)
            self.substitutions += found.substitutions
            self.deletions += found.deletions
            self.insertions += found.insertions
            self.units += found.length

    @property
    def edits(self) -> Edits:
        """The counts so far, in this process."""
        counts = (self.substitutions, self.deletions, self.insertions, self.units)
        return Edits(*(int(count) for count in counts))

    def compute(self) -> Tensor:
        # Python divides in float64, which not every device can.
        return torch.tensor(self.edits.rate, dtype=torch.float32, device=self.units.device)
