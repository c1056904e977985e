"""What a file may name: plain data to classes of ours, and nothing else.

A node of a config names its class under ``_target_`` and anything may stand there, for the
config is its user's own. A file from elsewhere names it under ``class``, which is looked up
among the modules that are in this package; it is never imported or called by its name.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Mapping, Sequence
from typing import Any

from asr.assemble import PARTS, SUPPLIED
from asr.config import ConfigError, check
from asr.errors import InputError

# Where the classes of each part may be defined; a decoder is part of its task.
_HOMES = {
    "features": ("features",),
    "model": ("models",),
    "task": ("tasks", "decoding"),
    "vocabulary": ("text",),
}


def named(parts: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a recogniser as a file writes them."""
    return {part: _named(parts[part]) for part in PARTS}


def trusted(parts: Any, allow: Sequence[str] = ()) -> dict[str, Any]:
    """The parts of a recogniser that a file describes, once nothing in them can do harm.

    Args:
        allow: other packages whose classes may be named.

    Raises:
        InputError: something is named that is not ours, or an argument is not known.
    """
    if not isinstance(parts, dict) or set(parts) != set(PARTS):
        raise InputError(f"a recogniser is described by {', '.join(PARTS)}")
    try:
        nodes = {part: _targeted(parts[part], _HOMES[part], tuple(allow)) for part in PARTS}
    except RecursionError:
        raise InputError("the description is nested too deeply") from None
    for part, node in nodes.items():
        if not isinstance(node, dict) or "_target_" not in node:
            raise InputError(f"the description of {part} names no class")
    try:
        check(nodes, {}, SUPPLIED)
    except ConfigError as error:
        more = len(error.mistakes) - 1
        raise InputError(f"{error.mistakes[0]}{f' (and {more} more)' if more else ''}") from error
    return nodes


def _named(node: Any) -> Any:
    """A config node as a bundle writes it: ``class`` in place of ``_target_``."""
    if isinstance(node, Mapping):
        return {"class" if key == "_target_" else key: _named(value) for key, value in node.items()}
    return [_named(item) for item in node] if isinstance(node, list) else node


def _targeted(node: Any, homes: tuple[str, ...], allow: tuple[str, ...]) -> Any:
    """The config node that a bundle's node stands for, once its class is known to be ours."""
    if isinstance(node, list):
        return [_targeted(item, homes, allow) for item in node]
    if isinstance(node, str) and "${" in node:
        raise InputError(f"a bundle holds plain values, not the interpolation {node!r}")
    if not isinstance(node, dict):
        return node
    forbidden = sorted(key for key in node if key.startswith("_"))
    if forbidden:
        raise InputError(f"a bundle may not hold {forbidden[0]!r}")
    inner = {key: _targeted(value, homes, allow) for key, value in node.items() if key != "class"}
    if "class" not in node:
        return inner
    name = node["class"]
    allowed = isinstance(name, str) and name.partition(".")[0] in allow
    if not allowed and not (isinstance(name, str) and _is_ours(name, homes)):
        ours = " and ".join(f"asr.{home}" for home in homes)
        raise InputError(f"a bundle may only name classes of {ours} here, not {name!r}")
    return {"_target_": name, **inner}


def _is_ours(name: str, homes: tuple[str, ...]) -> bool:
    module_name, _, attribute = name.rpartition(".")
    if module_name not in _modules(homes):  # so nothing is imported that is not our own file
        return False
    found = vars(importlib.import_module(module_name)).get(attribute)
    # A class that the module imported, such as torch.nn.Module, is not ours.
    return inspect.isclass(found) and found.__module__ == module_name


def _modules(homes: tuple[str, ...]) -> set[str]:
    packages = [importlib.import_module(f"asr.{home}") for home in homes]
    return {
        f"{package.__name__}.{module.name}"
        for package in packages
        for module in pkgutil.iter_modules(package.__path__)
    }
