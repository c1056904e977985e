"""Numbers drawn from a generator, as plain Python values."""

from collections.abc import Sequence
from typing import TypeVar

import torch

Option = TypeVar("Option")


def happens(probability: float, generator: torch.Generator) -> bool:
    """True in this share of the calls."""
    return torch.rand((), generator=generator).item() < probability


def between(low: float, high: float, generator: torch.Generator) -> float:
    """A number drawn uniformly from [low, high)."""
    return low + (high - low) * torch.rand((), generator=generator).item()


def one_of(options: Sequence[Option], generator: torch.Generator) -> Option:
    """One of the options, each as likely as any other."""
    return options[int(torch.randint(len(options), (), generator=generator))]


def check_probability(probability: float) -> None:
    """Refuse what is no probability.

    Raises:
        ValueError: outside [0, 1].
    """
    if not 0 <= probability <= 1:
        raise ValueError(f"probability must be 0 to 1, got {probability}; give the share of clips")
