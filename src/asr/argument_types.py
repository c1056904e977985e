"""What the arguments of ``asr`` may be: each function gives the value, or says what was wanted."""

import argparse
from pathlib import Path


def path(text: str) -> Path:
    """A path; nothing, as of a variable that is not set, does not mean this folder."""
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"must be a path, got {text!r}")
    return Path(text)


def count(text: str, least: int = 1) -> int:
    """A whole number from 1, or another least, to a million."""
    if not text.isascii() or not text.isdecimal() or not least <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"must be a whole number from {least}, got {text!r}")
    return int(text)


def count_or_none(text: str) -> int:
    """A whole number from 0 to a million."""
    return count(text, least=0)


def seconds(text: str, least: float = 0.001, most: float = 3600.0) -> float:
    """A duration in the range given, in seconds."""
    return number(text, least, most, f"{least:g} to {most:g} seconds")


def chunk(text: str) -> float:
    """A duration of at least 2 seconds."""
    return seconds(text, least=2.0)


def megabytes(text: str) -> float:
    """A size of at least a kilobyte."""
    return number(text, 0.001, 1e6, "0.001 to 1000000 megabytes")


def share(text: str) -> float:
    """A part of a whole, 0 to 1."""
    return number(text, 0.0, 1.0, "0 to 1")


def precision(text: str) -> float:
    """A share that is more than nothing."""
    return number(text, 1e-9, 1.0, "above 0, up to 1")


def channel(text: str) -> str | int:
    """``mix``, ``all``, or the number of one channel."""
    if text in ("mix", "all"):
        return text
    if text.isascii() and text.isdecimal():
        return int(text)
    raise argparse.ArgumentTypeError(f"must be mix, all or a number from 0, got {text!r}")


def number(text: str, least: float, most: float, wanted: str) -> float:
    """A number from ``least`` to ``most``, of which ``wanted`` tells."""
    try:
        number = float(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"must be {wanted}, got {text!r}")
    return number
