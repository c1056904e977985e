"""Which label was taken for which, and the scores of a classifier that follow from it.

A confusion matrix here has a row for each label of a reference, a column for each label
predicted, and one last row, unseen, for references outside the labels: no prediction can match
them, so they count as errors.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torchmetrics import Metric


class PerClass(NamedTuple):
    """Scores of each label, ``(labels,)`` each; 0 wherever they would divide by 0.

    Attributes:
        precision: part of its predictions that were right.
        recall: part of its references that were predicted.
        f1: harmonic mean of both.
        references: how many there are.
    """

    precision: Tensor
    recall: Tensor
    f1: Tensor
    references: Tensor


def accuracy(matrix: Tensor) -> Tensor:
    """Part of the references that were predicted; 0 over no references."""
    return _ratio(matrix.diagonal().sum(), matrix.sum())


def per_class(matrix: Tensor) -> PerClass:
    """Precision, recall, F1 and number of references of each label."""
    right, predicted, references = matrix.diagonal(), matrix.sum(0), _references(matrix)
    return PerClass(
        precision=_ratio(right, predicted),
        recall=_ratio(right, references),
        f1=_ratio(2 * right, predicted + references),
        references=references,
    )


def macro_f1(matrix: Tensor) -> Tensor:
    """Mean F1 of the classes that occur in references or predictions, as scikit-learn has it.

    References outside the labels are together one more class, whose F1 is 0.
    """
    occurs = (matrix.sum(0) + _references(matrix)) > 0
    unseen = matrix[matrix.shape[1] :].sum() > 0
    return _ratio(per_class(matrix).f1.sum(), occurs.sum() + unseen)


class Confusion(Metric):
    """Counts of each prediction for each reference.

    Shape: ``compute()`` gives ``(labels + 1, labels)`` int64; the last row is unseen.

    Args:
        labels: of the rows and columns, in order.

    Raises:
        ValueError: there are no labels, or one occurs twice.
    """

    is_differentiable = False
    full_state_update = False

    matrix: Tensor

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__()
        self.columns = _columns(labels)
        self.add_state("matrix", _counts([], [], self.columns), dist_reduce_fx="sum")

    def update(self, hypotheses: Sequence[str], references: Sequence[str]) -> None:
        """Count each hypothesis in the row of the reference beside it.

        Raises:
            ValueError: a hypothesis is outside the labels.
        """
        self.matrix += _counts(hypotheses, references, self.columns).to(self.matrix.device)

    def compute(self) -> Tensor:
        return self.matrix


class Accuracy(Metric):
    """:func:`accuracy` as one number to log.

    Args:
        labels: that can be predicted; a reference outside them is an error.

    Raises:
        ValueError: there are no labels, or one occurs twice.
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = False

    matrix: Tensor

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__()
        self.columns = _columns(labels)
        self.add_state("matrix", _counts([], [], self.columns), dist_reduce_fx="sum")

    def update(self, hypotheses: Sequence[str], references: Sequence[str]) -> None:
        self.matrix += _counts(hypotheses, references, self.columns).to(self.matrix.device)

    def compute(self) -> Tensor:
        return accuracy(self.matrix)


class MacroF1(Metric):
    """:func:`macro_f1` as one number to log.

    Args:
        labels: that can be predicted; a reference outside them is an error.

    Raises:
        ValueError: there are no labels, or one occurs twice.
    """

    is_differentiable = False
    higher_is_better = True
    full_state_update = False

    matrix: Tensor

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__()
        self.columns = _columns(labels)
        self.add_state("matrix", _counts([], [], self.columns), dist_reduce_fx="sum")

    def update(self, hypotheses: Sequence[str], references: Sequence[str]) -> None:
        self.matrix += _counts(hypotheses, references, self.columns).to(self.matrix.device)

    def compute(self) -> Tensor:
        return macro_f1(self.matrix)


def _columns(labels: Sequence[str]) -> dict[str, int]:
    columns = {label: i for i, label in enumerate(labels)}
    if not columns or len(columns) < len(labels):
        raise ValueError(f"labels must be one or more, all different, got {list(labels)}")
    return columns


def _counts(
    hypotheses: Sequence[str], references: Sequence[str], columns: Mapping[str, int]
) -> Tensor:
    if unknown := sorted(set(hypotheses) - columns.keys()):
        raise ValueError(f"predictions must be among {list(columns)}, got {unknown}")
    labels = len(columns)
    cells = [
        columns.get(reference, labels) * labels + columns[hypothesis]
        for hypothesis, reference in zip(hypotheses, references, strict=True)
    ]
    counts = torch.tensor(cells, dtype=torch.int64).bincount(minlength=(labels + 1) * labels)
    return counts.view(labels + 1, labels)


def _references(matrix: Tensor) -> Tensor:
    return matrix[: matrix.shape[1]].sum(1)


def _ratio(part: Tensor, whole: Tensor) -> Tensor:
    return part / whole.clamp_min(1)  # the part of an empty whole is 0 too
