"""The beam search of flashlight-text, where that is installed."""

import importlib
from functools import cache
from typing import Any


@cache
def flashlight() -> Any:
    """The module of its decoders, or ``None``; there is none for Python 3.13."""
    try:
        return importlib.import_module("flashlight.lib.text.decoder")
    except ImportError:
        return None
