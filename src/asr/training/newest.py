"""The checkpoint that a stopped run goes on from, found by what the files hold."""

import logging
import pickle
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch

from asr.errors import InputError
from asr.training.position import Position
from asr.training.saving import POSITION, RECIPE

log = logging.getLogger("asr")


class Stopped(NamedTuple):
    """A run that can go on.

    Attributes:
        path: of the checkpoint.
        step: steps of the optimiser that were taken.
        place: how far it came.
        recipe: what must not change, see :mod:`asr.training.recipe`.
        shapes: of the weights, by name.
    """

    path: Path
    step: int
    place: Position
    recipe: Mapping[str, Any]
    shapes: Mapping[str, tuple[int, ...]]


def newest(folder: Path) -> Stopped | None:
    """The checkpoint in ``folder`` that has come furthest and is whole; ``None`` without any.

    Those that are damaged are passed over, and told.

    Raises:
        InputError: there are checkpoints, but none is whole.
    """
    paths = sorted(folder.glob("*.ckpt"), key=lambda path: (path.name != "last.ckpt", path.name))
    read = {path: _read(path) for path in paths}
    found = [stopped for stopped in read.values() if isinstance(stopped, Stopped)]
    # Of equals the last written counts; sorting keeps last.ckpt before the others.
    found.sort(key=lambda item: (item.step, not item.place.validating), reverse=True)
    faults = {path: fault for path, fault in read.items() if isinstance(fault, str)}
    chosen = None
    for stopped in found:
        fault = _damage(stopped.path)
        if fault is None:
            chosen = stopped
            break
        faults[stopped.path] = fault
    for path, fault in faults.items():
        log.warning("resume: passed over %s: %s", path, fault)
    if chosen is None and paths:
        raise InputError(f"resume: {folder} holds no checkpoint that is whole; start a new run")
    return chosen


@contextmanager
def restoring(stopped: Stopped | None, has_begun: Callable[[], bool]) -> Iterator[None]:
    """Name the checkpoint where what it holds cannot be restored, whatever libraries make of it.

    Args:
        has_begun: whether training has, so that an error is not of the checkpoint any more.

    Raises:
        InputError: the checkpoint is damaged.
    """
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        if stopped is None or has_begun():
            raise
        told = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(
            f"resume: {stopped.path} is damaged ({type(error).__name__}: {told}); remove it to go "
            "on from another, or start a new run"
        ) from error


def _read(path: Path) -> Stopped | str:
    if not path.is_file():  # what is none may never end
        return "not a file"
    try:
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError):
        return "damaged"
    if not isinstance(content, dict) or not {POSITION, RECIPE, "global_step"} <= content.keys():
        return "not a checkpoint that a run of this application can go on from"
    try:
        stopped = Stopped(
            path, content["global_step"], Position(**content[POSITION]), content[RECIPE],
            {name: tuple(tensor.shape) for name, tensor in content["state_dict"].items()},
        )  # fmt: skip
        numbers = (stopped.step, stopped.place.epoch, stopped.place.batch)
        good = isinstance(stopped.recipe, Mapping)
        good = good and all(isinstance(number, int) and number >= 0 for number in numbers)
    except (TypeError, AttributeError, KeyError):
        good = False
    return stopped if good else "damaged"


def _damage(path: Path) -> str | None:
    """What is wrong with the bytes, by the checksums that the file holds of its parts."""
    try:
        with zipfile.ZipFile(path) as archive:
            bad = archive.testzip()
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        return f"damaged ({error})"
    return f"damaged (checksum of {bad})" if bad else None
