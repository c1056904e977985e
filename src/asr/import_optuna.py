"""Optuna, which is optional."""

from typing import Any

from asr.errors import InputError


def import_optuna(wanted_by: str) -> Any:
    """Import it, and have it say no more than warnings.

    Raises:
        InputError: it is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise InputError(f"{wanted_by} needs Optuna: pip install -e '.[sweep]'") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
