"""What a resumed run must share with the one that was stopped."""

import hashlib
import logging
from collections.abc import Mapping
from typing import Any

import lightning as L
import torch

from asr.assemble import Recognizer
from asr.errors import InputError
from asr.training.data import SpeechData
from asr.training.newest import Stopped

log = logging.getLogger("asr")
_THREADS = "threads"


def recipe(
    data: SpeechData, recognizer: Recognizer, trainer: L.Trainer, seed: int
) -> dict[str, Any]:
    """What decides the steps of a run, beside the network and the schedule."""
    symbols = "\0".join(map(str, recognizer.vocabulary.symbols))
    return {
        **{f"{split} data": facts["fingerprint"] for split, facts in data.facts.items()},
        "vocabulary": hashlib.sha256(symbols.encode()).hexdigest()[:16],
        "seed": seed,
        "data.batch_seconds": data.batch_seconds,
        "data.batch_utterances": data.batch_utterances,
        "data.join": None if data.join is None else str(data.join),
        "data.balance": data.balance,
        "data.rare_words": data.rare_words or None,
        "changes of duration": None if data.pacing is None else str(list(data.pacing.paces)),
        "batches an epoch": data.batches(),
        "trainer.accumulate": trainer.accumulate_grad_batches,
        "processes": trainer.world_size,
        _THREADS: torch.get_num_threads(),
    }


def refuse_changes(
    stopped: Stopped,
    now: Mapping[str, Any],
    shapes: Mapping[str, tuple[int, ...]],
    trainer: L.Trainer,
    *,
    allowed: bool,
) -> bool:
    """Refuse to go on with something else than was begun; returns whether anything changed.

    Args:
        now: the recipe of the run that is to go on.
        shapes: of its weights, by the names that a checkpoint gives them.
        allowed: whether it may go on with other data, vocabulary or batches.

    Raises:
        InputError: something changed that must not, or more was trained than is wanted now.
    """
    other = [name for name in {**shapes, **stopped.shapes} if shapes.get(name) !=
             stopped.shapes.get(name)]  # fmt: skip
    most = trainer.max_epochs
    if most is not None and 0 <= most < stopped.place.epoch:
        raise InputError(
            f"trainer.max_epochs: {most}, but {stopped.path} has trained {stopped.place.epoch}; "
            "give more, or leave it"
        )
    changes = [
        f"{name} was {stopped.recipe.get(name)}, is {value}"
        for name, value in now.items()
        if name != _THREADS and stopped.recipe.get(name) != value
    ]
    if other:
        changes.append(f"{other[0]} was {stopped.shapes.get(other[0])}, is {shapes.get(other[0])}")
    if changes and (other or not allowed):
        rest = "start a new run" if other else "undo that, or go on by allow_changes=true"
        told = "; ".join(changes)
        raise InputError(f"resume: {stopped.path} was trained otherwise: {told}; {rest}")
    if changes:
        told = "; ".join(changes)
        log.warning("resume: with changes, so from the beginning of the epoch: %s", told)
    threads = stopped.recipe.get(_THREADS)
    if threads != now[_THREADS]:
        log.warning(
            "resume: was trained with %s threads, is now with %d; the last bits may differ",
            threads, now[_THREADS],
        )  # fmt: skip
    return bool(changes)
