"""What the arguments of ``asr`` may be: each function gives the value, or says what was wanted."""

import argparse


def count(text: str) -> int:
    """A whole number from 1 to a million."""
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, got {text!r}")
    return int(text)


def seconds(text: str, least: float = 0.001, most: float = 3600.0) -> float:
    """A duration in the range given, in seconds."""
    return _number(text, least, most, f"{least:g} to {most:g} seconds")


def chunk(text: str) -> float:
    """A duration of at least 2 seconds."""
    return seconds(text, least=2.0)


def megabytes(text: str) -> float:
    """A size of at least a kilobyte."""
    return _number(text, 0.001, 1e6, "0.001 to 1000000 megabytes")


def share(text: str) -> float:
    """A part of a whole, 0 to 1."""
    return _number(text, 0.0, 1.0, "0 to 1")


def channel(text: str) -> str | int:
    """``mix``, ``all``, or the number of one channel."""
    if text in ("mix", "all"):
        return text
    if text.isascii() and text.isdecimal():
        return int(text)
    raise argparse.ArgumentTypeError(f"must be mix, all or a number from 0, got {text!r}")


def _number(text: str, least: float, most: float, wanted: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"must be {wanted}, got {text!r}")
    return number
