"""Patterns of names of weights, such as ``encoder.0.*``."""

from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase
from itertools import accumulate

from asr.errors import InputError


def matching(pattern: str, names: Iterable[str], at: str) -> list[str]:
    """The ``names`` that ``pattern`` matches, in order.

    Args:
        at: full key of the pattern, for the error message.

    Raises:
        InputError: there are none.
    """
    names = list(names)
    found = [name for name in names if fnmatchcase(name, pattern)]
    if not found:
        known = list(dict.fromkeys([*names, *(layer for n in names for layer in _layers(n))]))
        near = get_close_matches(pattern, known, n=3, cutoff=0.4) or _tops(names)
        raise InputError(f"{at}: {pattern!r} matches no weight; there are {', '.join(near)}")
    return found


def _layers(name: str) -> list[str]:
    """Patterns of all that holds ``name``: ``a.b.c`` lies in ``a.*`` and in ``a.b.*``."""
    parents = name.split(".")[:-1]
    return [f"{layer}.*" for layer in accumulate(parents, "{}.{}".format)]


def _tops(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(f"{name.partition('.')[0]}.*" for name in names))
