"""State dicts of ``torchaudio.models.Wav2Letter``."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from asr.compose import compose
from asr.errors import InputError

_BLANK, _SPACE = "<blank>", "<space>"


def is_wav2letter(weights: Mapping[str, Tensor]) -> bool:
    """Whether the names are those of the class."""
    return all(name.startswith("acoustic_model.") for name in weights)


def parts(weights: Mapping[str, Tensor], units: Sequence[str], sample_rate: int) -> dict[str, Any]:
    """The parts of the recogniser that the shapes of the weights describe.

    Args:
        units: of each class in order: a character, ``<space>`` or ``<blank>``.

    Raises:
        InputError: the shapes are of no input that the class knows, or the units do not fit.
    """
    first = next(iter(weights.values()))
    classes = len(list(weights.values())[-1])
    if len(units) != classes or units.count(_BLANK) != 1:
        raise InputError(
            f"--units must give {classes} lines, one for each class, {_BLANK} one of them; got "
            f"{len(units)} with {units.count(_BLANK)} blanks"
        )
    if first.ndim != 3 or first.shape[0] != 250 or first.shape[2] not in (250, 48):
        raise InputError(f"its first weights have shape {tuple(first.shape)}, not Wav2Letter's")
    raw = first.shape[2] == 250
    config = compose(
        ["model=wav2letter" if raw else "model=wav2letter_mfcc", "model.head.rectified=true",
         f"features.sample_rate={sample_rate}"]
        + ([] if raw else [f"features.coefficients={first.shape[1]}",
                           f"features.bins={max(64, first.shape[1])}"])
    )  # fmt: skip
    symbols = [" " if unit == _SPACE else unit for unit in units if unit != _BLANK]
    vocabulary = {"_target_": "asr.text.units.Units", "unit": "character", "units": symbols}
    made = {name: config[name] for name in ("features", "model", "task")}
    return {**made, "vocabulary": vocabulary}


@torch.no_grad()
def load(model: nn.Module, weights: Mapping[str, Tensor], units: Sequence[str]) -> None:
    """Give the model the weights, which both have in the order of the layers; our blank is last.

    Raises:
        InputError: a shape differs.
    """
    blank = list(units).index(_BLANK)
    order = [*(i for i in range(len(units)) if i != blank), blank]
    ours = list(model.named_parameters())
    if len(ours) != len(weights):
        raise InputError(f"holds {len(weights)} tensors; Wav2Letter has {len(ours)}")
    for (name, tensor), (theirs, given) in zip(ours, weights.items(), strict=True):
        if given.shape != tensor.shape:
            raise InputError(
                f"{theirs!r} has shape {tuple(given.shape)}, not {tuple(tensor.shape)}"
            )
        tensor.copy_(given[order] if name.startswith("head.") else given)
