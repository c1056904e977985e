"""What a config may say of fine-tuning: the schema of ``finetune`` in configs/train.yaml."""

from collections.abc import Mapping, Sequence
from typing import Literal

from typing_extensions import TypedDict

Pair = tuple[str, str]

# Written as a call because ``from`` is no name in Python.
Finetune = TypedDict(
    "Finetune",
    {
        "from": str | None,
        "sha256": str | None,
        "allow": Sequence[str],
        "vocabulary": Literal["new", "keep"],
        "map": Mapping[str, str] | Sequence[Pair] | None,
        "freeze": Sequence[str],
        "learning_rates": Mapping[str, float] | None,
        "decay": float,
    },
)
Finetune.__pydantic_config__ = {"extra": "forbid"}  # type: ignore[attr-defined]
