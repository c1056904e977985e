"""What is to be fine-tuned, and how: the ``finetune`` part of a config, read and checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asr.bundle import BUNDLE
from asr.errors import InputError
from asr.training.checkpoint import BEST, LAST


@dataclass(frozen=True, slots=True)
class Finetuning:
    """The settings of a run that begins with the weights of another.

    Attributes:
        source: a bundle, a run folder or a checkpoint.
        sha256: of the file that must be found there, in hexadecimal; ``None`` for any.
        allow: other packages whose classes the file may name.
        keep_vocabulary: predict what the source predicts, not what the config says.
        pairs: an old symbol and the new one that begins with its row of the output.
        freeze: patterns of the names of tensors that must not change.
        factors: of the optimiser's learning rate, above 0, by pattern; the first match counts.
        decay: factor of the learning rate from each layer to the one below, from above 0 to 1.
    """

    source: Path
    sha256: str | None
    allow: tuple[str, ...]
    keep_vocabulary: bool
    pairs: tuple[tuple[str, str], ...]
    freeze: tuple[str, ...]
    factors: Mapping[str, float]
    decay: float

    @property
    def name(self) -> str:
        """Of the source, without the place where it is: a file of a run is named by both."""
        path = self.source.resolve()
        of_a_run = path.name in (BUNDLE, BEST, LAST)
        return f"{path.parent.name}/{path.name}" if of_a_run else path.name


def read_finetuning(settings: Mapping[str, Any] | None) -> Finetuning | None:
    """The settings as a record, or ``None`` where a run begins with fresh weights.

    Raises:
        InputError: a value is out of range, or is given without ``from``.
    """
    if not settings:  # of a run that an earlier version began
        return None
    if settings["from"] is None:
        _refuse_without_source(settings)
        return None
    factors = dict(settings["learning_rates"] or {})
    bad = {pattern: factor for pattern, factor in factors.items() if not factor > 0}
    if bad:
        raise InputError(
            f"finetune.learning_rates: factors must be above 0, got {bad}; what must not move is "
            "frozen by finetune.freeze"
        )
    if not 0 < settings["decay"] <= 1:
        raise InputError(f"finetune.decay: must be above 0 and at most 1, got {settings['decay']}")
    digest = settings["sha256"]
    if digest is not None and not re.fullmatch("[0-9a-f]{64}", digest):
        raise InputError(f"finetune.sha256: must be 64 digits of 0-9 and a-f, got {digest!r}")
    pairs = settings["map"] or []
    return Finetuning(
        source=Path(settings["from"]),
        sha256=digest,
        allow=tuple(settings["allow"]),
        keep_vocabulary=settings["vocabulary"] == "keep",
        pairs=tuple(
            (str(old), str(new))
            for old, new in (pairs.items() if isinstance(pairs, Mapping) else pairs)
        ),
        freeze=tuple(settings["freeze"]),
        factors=factors,
        decay=settings["decay"],
    )


def _refuse_without_source(settings: Mapping[str, Any]) -> None:
    idle = {"vocabulary": "new", "decay": 1.0}
    given = [
        key for key, value in settings.items()
        if (value != idle[key] if key in idle else bool(value))
    ]  # fmt: skip
    if given:
        raise InputError(
            f"finetune.{given[0]}: there is nothing to fine-tune; name a bundle or a run folder by "
            "finetune.from"
        )
