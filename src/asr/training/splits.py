"""The three splits of a corpus, read and judged before anything is trained."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from filelock import FileLock
from torch import Tensor

from asr.data.index import Index
from asr.data.index_cache import open_index
from asr.data.unread import unread_rows
from asr.data.utterance import Corpus, Split
from asr.errors import InputError
from asr.json_files import write_json_lines
from asr.tasks.task import Task
from asr.training.usable import Fault, Outside, Textless, unscorable, unteachable

SPLITS: tuple[Split, ...] = get_args(Split)
Splits = dict[Split, Index]


def read_splits(corpus: Corpus, shortest: float, longest: float) -> Splits:
    """Prepare a corpus and open its indexes, for which headers are read where need be.

    Args:
        shortest: in seconds; shorter utterances are left out.
        longest: in seconds; longer utterances are left out.

    Raises:
        InputError: the corpus cannot be had.
    """
    name = blake2b(repr(vars(corpus)).encode(), digest_size=8).hexdigest()
    with FileLock(Path(tempfile.gettempdir()) / f"asr-prepare-{name}.lock"):
        try:
            corpus.prepare()
        except OSError as error:
            raise InputError(
                f"corpus: cannot be prepared: {error}; check its root, and the space there"
            ) from error
    return {split: open_index(corpus, split, shortest, longest) for split in SPLITS}


def teachable_splits(
    indexes: Splits,
    task: Task,
    frames: Callable[[Tensor], Tensor | int],
    sample_rate: int,
    outside: Outside,
    textless: Textless,
) -> Splits:
    """The indexes less what cannot be learnt, in training, or scored, in the others.

    Args:
        frames: that the encoder gives for each of many numbers of samples.
        sample_rate: of the model, in hertz.

    Raises:
        InputError: a label to be tested is not among those learnt.
    """
    taught = unteachable(task, outside, textless)
    # What cannot be learnt can still be scored, and must be: it counts as errors.
    scored = unscorable(task)

    def less(index: Index, fault: Fault) -> Index:
        given = _frames(index, frames, sample_rate)
        return index.without(lambda utterance: fault(utterance, next(given)))

    return {
        split: less(index, taught if split == "train" else scored)
        for split, index in indexes.items()
    }


def refuse_too_few(indexes: Splits, most: float, unread: Mapping[str, str] | None = None) -> None:
    """Hold what was left out of each split against what may be.

    Args:
        most: share of a split that may be left out.
        unread: reasons, by id, of what turned out to be unusable when it was decoded.

    Raises:
        InputError: a split is empty, or too much of it is unusable.
    """
    for split, index in indexes.items():
        later = list(unread_rows(index, unread or {}))
        rows, left_out = len(index) + len(index.skipped), len(index.skipped) + len(later)
        if len(index) > len(later) and left_out <= most * rows:
            continue
        if not rows:
            raise InputError(f"corpus: the {split} split is empty; check its root and its splits")
        told_reasons = chain(index.skipped.reasons(), (item.reason for item in later))
        reasons = Counter(reason.partition(":")[0] for reason in told_reasons)
        told = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common(5))
        first = index.skipped[0] if len(index.skipped) else later[0]
        raise InputError(
            f"corpus: {left_out} of {rows} {split} utterances cannot be used ({told}; "
            f"first: {first.line or first.path}: {first.reason}); mend them, or allow more with "
            "data.max_skip_fraction"
        )


def write_skipped(path: Path, indexes: Splits, unread: Mapping[str, str]) -> None:
    """Write what was left out, one JSON object a line, with the reason."""
    rows = (
        {"split": split, **asdict(skipped)}
        for split, index in indexes.items()
        for skipped in (*index.skipped, *unread_rows(index, unread))
    )
    write_json_lines(path, rows)


def cache_share(indexes: Splits, split: Split, processes: int) -> float:
    """The share of the memory for decoded audio that each of its processes may fill with a split.

    Training and validation divide it by their durations; of a test, which goes through its split
    once, nothing need be kept.
    """
    if split == "test":
        return 0.0
    both = indexes["train"].hours + indexes["val"].hours
    return indexes[split].hours / both / processes


def facts_of(index: Index) -> dict[str, Any]:
    """What a split holds, in numbers, and its fingerprint."""
    return {
        "utterances": len(index),
        "skipped": len(index.skipped),
        "hours": round(index.hours, 4),
        "fingerprint": index.fingerprint,
    }


def _frames(
    index: Index, frames: Callable[[Tensor], Tensor | int], sample_rate: int
) -> Iterator[int]:
    """Encoder frames of each utterance: a model takes as long to tell them of one as of many."""
    for batch in index.columns("seconds"):
        samples = torch.from_numpy((batch.column(0).to_numpy() * sample_rate).astype(np.int64))
        yield from torch.as_tensor(frames(samples)).expand_as(samples).tolist()
