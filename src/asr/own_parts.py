"""Whether a config that was found beside a checkpoint names anything but parts of ours."""

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from asr.compose import CONFIGS
from asr.config import locate
from asr.errors import InputError

_LIBRARIES = ("torch.optim.", "lightning.pytorch.callbacks.")  # of which any class will do
_NAMED = re.compile(r"_target_: *([\w.]+)")


def refuse_strangers(config: Mapping[str, Any], overrides: Sequence[str]) -> None:
    """Hold each ``_target_`` of a run's config against those of the shipped configs.

    Args:
        overrides: of the command line, whose user may vouch for a class by giving it again.

    Raises:
        InputError: something else is named, which building the run would call.
    """
    vouched = set(overrides)
    for key, name in _targets(config):
        if name not in _ours() and not _is_of_library(name) and f"{key}={name}" not in vouched:
            raise InputError(
                f"resume: the run's config.yaml names {name!r}, which is not of this application; "
                f"if the run is yours, say so by {key}={name}"
            )


def _targets(node: Any, at: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            where = f"{at}.{key}".lstrip(".")
            if key == "_target_":
                yield where, str(value)
            yield from _targets(value, where)
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from _targets(item, f"{at}[{index}]")


@cache
def _ours() -> frozenset[str]:
    texts = (path.read_text(encoding="utf-8") for path in CONFIGS.rglob("*.yaml"))
    found = (name for text in texts for name in _NAMED.findall(text))
    return frozenset(name for name in found if name.startswith("asr."))


def _is_of_library(name: str) -> bool:
    if not name.startswith(_LIBRARIES):
        return False
    try:
        found = locate(name)
    except InputError:
        return False
    return inspect.isclass(found) and found.__module__.startswith(_LIBRARIES)
