"""From examples to the batch that a model sees."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from asr.padded import Padded, pad


class Example(NamedTuple):
    """One utterance, read and tokenised.

    Attributes:
        row: position in the index of its split.
        id: of the utterance.
        waveform: ``(channels, samples)`` float32.
        tokens: ``(tokens,)`` int64.
        reference: normalised transcript, or label.
        key: decides all that is random about this utterance in this epoch.
        followers: rows of the utterances that were joined to it.
        follower_ids: their ids.
    """

    row: int
    id: str
    waveform: Tensor
    tokens: Tensor
    reference: str
    key: int
    followers: tuple[int, ...] = ()
    follower_ids: tuple[str, ...] = ()


class Unread(NamedTuple):
    """An utterance whose audio turned out to be unusable when it was read."""

    id: str
    reason: str


class Mixture(NamedTuple):
    """What training has made of pairs of utterances.

    Attributes:
        partner: ``(batch,)`` int64, the position of the other utterance that is heard in each.
        share: ``(batch,)`` float32, what part of the target is the utterance's own.
    """

    partner: Tensor
    share: Tensor


class Batch(NamedTuple):
    """Utterances padded together.

    A named tuple, because loaders pin and Lightning moves those without being told how.

    Attributes:
        waveforms: ``(batch, channels, samples)`` float32.
        tokens: ``(batch, tokens)`` int64.
        keys: ``(batch,)`` int64, see :class:`Example`.
        references: normalised transcripts, or labels.
        ids: of the utterances, for predictions and error messages.
        rows: positions in the index of the split.
        unread: utterances that belong here but could not be read.
        followers: rows of the utterances that were joined to these.
        mixture: who else is heard in the waveforms, if anybody is.
        follower_ids: of the utterances that were joined to each of these; nothing at all where none
            were joined to any.
    """

    waveforms: Padded
    tokens: Padded
    keys: Tensor
    references: tuple[str, ...]
    ids: tuple[str, ...]
    rows: tuple[int, ...]
    unread: tuple[Unread, ...] = ()
    followers: tuple[int, ...] = ()
    mixture: Mixture | None = None
    follower_ids: tuple[tuple[str, ...], ...] = ()


def collate(items: Sequence[Example | Unread]) -> Batch | tuple[Unread, ...]:
    """Pad examples into a batch, keeping their order; only the reasons where none was read."""
    examples = [item for item in items if isinstance(item, Example)]
    unread = tuple(item for item in items if isinstance(item, Unread))
    if not examples:
        return unread
    follower_ids = tuple(example.follower_ids for example in examples)
    return Batch(
        waveforms=pad([example.waveform for example in examples], common=True),
        tokens=pad([example.tokens for example in examples]),
        keys=torch.tensor([example.key for example in examples]),
        references=tuple(example.reference for example in examples),
        ids=tuple(example.id for example in examples),
        rows=tuple(example.row for example in examples),
        unread=unread,
        followers=tuple(row for example in examples for row in example.followers),
        follower_ids=follower_ids if any(follower_ids) else (),
    )
