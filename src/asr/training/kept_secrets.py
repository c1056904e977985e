"""What is said of overrides, without the passwords and keys that they may hold."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from asr.errors import InputError
from asr.text.printable import printable
from asr.training.run_folder import SHORTEST_SECRET, secret_values, without_secrets

log = logging.getLogger("asr")

# What Hydra prints of a trial of a sweep, with passwords and keys in clear.
_LAUNCHER, _IN_CLEAR = "hydra._internal.core_plugins.basic_launcher", "\t#"


def hide_overrides() -> None:
    """Keep Hydra from printing the overrides of each trial."""
    logger = logging.getLogger(_LAUNCHER)
    logger.filters.clear()  # this process may have begun a run before
    logger.addFilter(lambda record: not record.getMessage().startswith(_IN_CLEAR))


def announce(trial: int, overrides: Sequence[str]) -> None:
    """Say which trial of a sweep begins, with its overrides."""
    log.info("\ntrial %d: %s", trial, printable(" ".join(map(without_secret, overrides))))


@contextmanager
def secrets_kept(overrides: Sequence[str]) -> Iterator[None]:
    """Star in an error what the overrides, or the environment, hold of secrets.

    Raises:
        InputError: as it was, but for the secrets.
    """
    try:
        yield
    except InputError as error:
        told = str(error)
        given = (secret for override in overrides for secret in _secrets_of(override))
        for secret in sorted({*secret_values(), *given}, key=len, reverse=True):
            told = told.replace(secret, "***")
        raise InputError(told) from error


def without_secret(override: str) -> str:
    """The override as it was written, or with stars where its key or value is a secret's.

    >>> without_secret("seed=3"), without_secret("+logger.x.api_key=abc")
    ('seed=3', 'logger.x.api_key=***')
    """
    try:
        key, value = _parsed(override)
    except HydraException:
        return "***"
    told = without_secrets(value, key.rpartition(".")[2])
    return override if told == value else f"{key}={told}"


def _secrets_of(override: str) -> list[str]:
    """The texts that :func:`without_secret` would star."""
    try:
        key, value = _parsed(override)
    except HydraException:
        return []  # it has no key that could tell
    return list(_starred(value, without_secrets(value, key.rpartition(".")[2])))


def _parsed(override: str) -> tuple[str, Any]:
    [parsed] = OverridesParser.create().parse_overrides([override])
    return parsed.key_or_group, parsed.value()


def _starred(value: Any, told: Any) -> Iterator[str]:
    if told == "***" and isinstance(value, str) and len(value) >= SHORTEST_SECRET:
        yield value
    elif isinstance(value, dict):
        yield from (found for key in value for found in _starred(value[key], told[key]))
    elif isinstance(value, list):
        yield from (found for pair in zip(value, told, strict=True) for found in _starred(*pair))
