"""Checkpoint files: each written whole or not at all, and never with numbers that are none."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io import TorchCheckpointIO
from torch import Tensor

from asr.errors import InputError

LAST, BEST = "last.ckpt", "best.ckpt"
# What a later training would be spoilt by; the rest may say "infinitely bad so far".
_TRAINED = ("state_dict", "current_model_state", "optimizer_states")


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the final name, syncs, and renames.

    Lightning's own way is atomic only where the temporary folder is on the same file system.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None
    ) -> None:
        """Write ``checkpoint`` so that ``path`` always holds a whole file, the old or the new.

        Raises:
            InputError: a weight is not finite, or the file cannot be written.
        """
        path = Path(path)
        intact = "the one before it is intact" if path.exists() else "there is none before it"
        spoilt = next(_not_finite(checkpoint), None)
        if spoilt:
            raise InputError(
                f"{path}: not written, as {spoilt} is not finite; {intact}; lower optimizer.lr"
            )
        for left in path.parent.glob(f".{path.name}.*.writing"):
            left.unlink(missing_ok=True)  # by a run that was killed
        beside = path.with_name(f".{path.name}.{os.getpid()}.writing")
        try:
            with beside.open("wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
            _sync_folder(path.parent)
        except (OSError, RuntimeError) as error:
            reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
            beside.unlink(missing_ok=True)
            raise InputError(
                f"{path}: not written ({reason}); {_free(path.parent)} free there; {intact}; "
                f"make room and go on by resume={path.parent}"
            ) from error
        finally:
            beside.unlink(missing_ok=True)


def copy_to_last(path: Path) -> None:
    """Make the checkpoint that a run goes on from its last one, where it is another."""
    if path.name == LAST:
        return
    last = path.with_name(LAST)
    if last.is_dir():
        raise InputError(f"resume: {last} is a folder; remove it")
    beside = path.with_name(f".{LAST}.{os.getpid()}.writing")
    shutil.copyfile(path, beside)
    beside.replace(last)


def refuse_too_little_space(folder: Path, size: int) -> None:
    """Refuse to begin where the checkpoints would not fit.

    Args:
        size: bytes of one checkpoint; the last and the best are kept while a third is written.

    Raises:
        InputError: there is less room than that.
    """
    present = sum(file.stat().st_size for file in folder.glob("*.ckpt"))
    need = 3 * size - present
    if shutil.disk_usage(folder).free < need:
        raise InputError(
            f"run_dir: {folder} has {_free(folder)} free, but checkpoints need "
            f"{need / 2**20:.0f} MiB; make room or choose another"
        )


def _free(folder: Path) -> str:
    return f"{shutil.disk_usage(folder).free / 2**20:.0f} MiB"


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _not_finite(checkpoint: Mapping[str, Any]) -> Iterator[str]:
    """Names of the weights and optimiser states that hold NaN or infinity."""
    named = [item for part in _TRAINED for item in _tensors(checkpoint.get(part), part)]
    if not named:
        return
    # One read for all of them: on a GPU each would be a wait.
    device = named[0][1].device
    finite = torch.stack([tensor.isfinite().all().to(device) for _, tensor in named])
    yield from (name for (name, _), good in zip(named, finite.tolist(), strict=True) if not good)


def _tensors(node: Any, name: str) -> Iterator[tuple[str, Tensor]]:
    if isinstance(node, Tensor):
        if node.is_floating_point():
            yield name, node
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _tensors(value, f"{name}.{key}")
    elif isinstance(node, list | tuple):
        for number, value in enumerate(node):
            yield from _tensors(value, f"{name}.{number}")
