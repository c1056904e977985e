"""Randomness that is a pure function of its key: no state, no order, no worker.

Whoever knows the seed, the epoch and the utterance can draw the same numbers again, on any
device and in any batch; so an interrupted run can be continued to the same bits.
"""

import hashlib

import torch
from torch import Tensor

_WEYL = 0x9E3779B97F4A7C15  # 2**64 divided by the golden ratio, made odd


def key(*parts: int | str) -> int:
    """A number in [0, 2**63) that stands for these parts in this order.

    The parts are encoded with their kind and size, so that no two lists of parts share a key
    but by a collision of the hash (BLAKE2b).

    >>> key("speed", 1, 2) == key("speed", 12)
    False
    """
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        content = str(part).encode()
        kind = "s" if isinstance(part, str) else "i"
        digest.update(f"{kind}{len(content)}:".encode() + content)
    return int.from_bytes(digest.digest(), "big") >> 1


def generator(key: int) -> torch.Generator:
    """A generator on the CPU that begins at ``key``, a number in [0, 2**63)."""
    return torch.Generator().manual_seed(key)


def uniform(keys: Tensor, stream: int, count: int) -> Tensor:
    """Numbers in [0, 1) that depend on their row's key, the stream and their column alone.

    Integer arithmetic only, so every device gives the same bits. The hash is SplitMix64
    (Steele et al., 2014, "Fast splittable pseudorandom number generators", figure 17).

    Shape: keys ``(batch,)`` int64 to ``(batch, count)`` float32, multiples of 2**-24.

    Args:
        stream: tells apart the uses that share a key; any integer.
        count: how many numbers to draw for each key.
    """
    seeds = _mix(_mix(keys) + _signed(_WEYL * (stream + 1)))
    columns = torch.arange(1, count + 1, device=keys.device) * _signed(_WEYL)
    bits = _mix(seeds[:, None] + columns)
    return _shift(bits, 40).float() / (1 << 24)  # as many bits as a float32 holds


def view_keys(keys: Tensor, views: int) -> Tensor:
    """Keys of one or two views of each utterance: those of the second are the complements.

    Shape: ``(batch,)`` int64 of 0 or more to ``(views * batch,)``, one view after the other.

    Raises:
        ValueError: there are to be more views.
    """
    if views not in (1, 2):
        raise ValueError(f"an utterance has one view or two, got {views}")
    return keys if views == 1 else torch.cat([keys, ~keys])


def utterance_keys(keys: Tensor) -> Tensor:
    """For what all views of an utterance must share: its own key, whichever view a key is of.

    Shape: ``(batch,)`` int64, unchanged.
    """
    return torch.where(keys < 0, ~keys, keys)


def _mix(x: Tensor) -> Tensor:
    x = (x ^ _shift(x, 30)) * _signed(0xBF58476D1CE4E5B9)
    x = (x ^ _shift(x, 27)) * _signed(0x94D049BB133111EB)
    return x ^ _shift(x, 31)


def _shift(x: Tensor, places: int) -> Tensor:
    # int64 shifts copy the sign; a logical shift must not.
    return (x >> places) & ((1 << (64 - places)) - 1)


def _signed(x: int) -> int:
    x %= 1 << 64
    return x - (1 << 64) if x >= 1 << 63 else x
