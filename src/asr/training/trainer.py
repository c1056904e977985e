"""The Lightning Trainer, with the choices that matter here checked and named in plain words."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import lightning as L
import torch
import torch.distributed
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import Logger
from lightning.pytorch.strategies import DDPStrategy

from asr.errors import InputError
from asr.training.checkpoint import AtomicCheckpointIO

_MOST_THREADS = 1024  # with very many, libraries crash
_BF16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # the last is that of ARM
# On a command line 32 is a number.
Precision = Literal["auto", "bf16", 16, 32, "16", "32"]


def make_trainer(
    run_dir: Path,
    callbacks: Sequence[Callback],
    loggers: Sequence[Logger],
    *,
    accelerator: Literal["auto", "cpu", "gpu", "mps", "tpu"] = "auto",
    devices: int | Sequence[int] | Literal["auto"] = 1,
    num_nodes: int = 1,
    strategy: Literal["auto", "ddp"] = "auto",
    precision: Precision = "auto",
    max_epochs: int | None = None,
    max_steps: int | None = None,
    max_minutes: float | None = None,
    gradient_clip: float | None = 1.0,
    accumulate: int = 1,
    validate_every: int = 1,
    log_every: int = 10,
    deterministic: bool = True,
    threads: int | None = None,
    progress_bar: bool = True,
    lightning: Mapping[str, Any] | None = None,
) -> L.Trainer:
    """A Trainer for runs in ``run_dir``.

    Args:
        devices: how many, or which by number.
        strategy: ``"ddp"`` for several processes: NCCL on GPUs, gloo on CPUs; under torchrun or
            SLURM the processes are those that these started.
        precision: ``"auto"`` is bf16 where the device computes in it, else 32 bits.
        max_epochs: over the training data; or give ``max_steps``, of the optimiser.
        max_minutes: of training, after which the run is tested as it stands.
        gradient_clip: largest norm of the gradient; ``None`` for no limit.
        accumulate: batches for each optimiser step.
        validate_every: epochs between validations.
        log_every: steps between logged training losses.
        deterministic: whether the same run must give the same bits; off where an operation
            on the device has no deterministic form.
        threads: of the CPU; part of the recipe where bits must repeat. ``None`` leaves it.
        progress_bar: where somebody is there to see it.
        lightning: any other argument of ``lightning.Trainer``.

    Raises:
        InputError: there is no such device, or it cannot compute in that precision.
        ValueError: a number is out of range.
    """
    _refuse_what_cannot_be(
        max_epochs=max_epochs, max_steps=max_steps, accumulate=accumulate, num_nodes=num_nodes,
        validate_every=validate_every, log_every=log_every, threads=threads,
    )  # fmt: skip
    if threads is not None and threads > _MOST_THREADS:
        raise ValueError(f"threads must be at most {_MOST_THREADS}, got {threads}")
    if max_epochs is None and max_steps is None:
        raise ValueError("give max_epochs or max_steps, so that the run has an end")
    if gradient_clip is not None and not gradient_clip > 0:
        raise ValueError(f"gradient_clip must be above 0 or null, got {gradient_clip:g}")
    if max_minutes is not None and not max_minutes > 0:
        raise ValueError(f"max_minutes must be above 0 or null, got {max_minutes:g}")
    device = find_device(accelerator)
    if threads is not None:
        torch.set_num_threads(threads)
    extra = dict(lightning or {})
    trainer = L.Trainer(
        accelerator="gpu" if device == "cuda" else device,
        devices=devices if isinstance(devices, int | str) else list(devices),
        num_nodes=num_nodes,
        # Running statistics are averaged before each validation instead of copied every step.
        strategy=DDPStrategy(broadcast_buffers=False) if strategy == "ddp" else "auto",
        precision=find_precision(precision, device),  # type: ignore[arg-type]
        max_epochs=-1 if max_epochs is None else max_epochs,
        max_steps=-1 if max_steps is None else max_steps,
        max_time=None if max_minutes is None else {"seconds": 60 * max_minutes},  # type: ignore[dict-item]
        gradient_clip_val=gradient_clip,
        accumulate_grad_batches=accumulate,
        check_val_every_n_epoch=validate_every,
        log_every_n_steps=log_every,
        deterministic="warn" if deterministic and device != "cpu" else deterministic,
        enable_progress_bar=progress_bar and sys.stderr.isatty(),
        enable_model_summary=False,
        enable_checkpointing=False,  # asr.training.checkpoint does it
        num_sanity_val_steps=0,
        use_distributed_sampler=False,  # asr.data.sampler knows its share
        default_root_dir=run_dir,
        callbacks=list(callbacks),
        logger=list(loggers),
        plugins=[AtomicCheckpointIO()],
        **extra,
    )
    # In this mode PyTorch would fill memory before kernels write to it, a twentieth of a step.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    # asr.training.signals does it: Lightning's ways end with status 0 and without a checkpoint.
    trainer._signal_connector.register_signal_handlers = lambda: None  # type: ignore[method-assign]
    return trainer


def part_processes(trainer: L.Trainer) -> None:
    """Part the processes of a run, so that the next trial of a sweep can start its own."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
    if getattr(trainer.strategy.launcher, "procs", None):
        # Set by Lightning as it started them; it would take it for a sign that others did.
        os.environ.pop("LOCAL_RANK", None)


def find_device(accelerator: str) -> str:
    """``"cuda"``, ``"mps"``, ``"cpu"`` or ``"tpu"``, whichever ``accelerator`` means here.

    Raises:
        InputError: there is no such device.
    """
    if accelerator == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    if accelerator == "gpu" and not torch.cuda.is_available():
        raise InputError(
            "trainer: there is no GPU that torch can use here; use trainer=cpu, or install a "
            "torch that matches the driver"
        )
    if accelerator == "mps" and not torch.backends.mps.is_available():
        raise InputError("trainer: there is no MPS device here; use trainer=cpu")
    return "cuda" if accelerator == "gpu" else accelerator


def find_precision(precision: Precision, device: str) -> str:
    """Lightning's name for ``precision`` on ``device``.

    Raises:
        InputError: the device cannot compute in it.
    """
    if precision == "auto":
        return "bf16-mixed" if _has_bf16(device) else "32-true"
    if str(precision) == "16":
        if device != "cuda":
            raise InputError(
                f"trainer.precision: 16 needs a GPU, this run is on {device}; use bf16 or 32"
            )
        return "16-mixed"
    return {"32": "32-true", "bf16": "bf16-mixed"}[str(precision)]


def _has_bf16(device: str) -> bool:
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    # Without instructions for it, bf16 is emulated and slower than 32 bits.
    return device == "cpu" and not _BF16_FLAGS.isdisjoint(_cpu_flags())


def _cpu_flags() -> set[str]:
    """What the processor can do, in words of Linux; elsewhere that is not known."""
    try:
        return set(Path("/proc/cpuinfo").read_text(errors="replace").split())
    except OSError:
        return set()


def _refuse_what_cannot_be(**numbers: int | None) -> None:
    for name, number in numbers.items():
        if number is not None and number < 1:
            raise ValueError(f"{name} must be at least 1, got {number}")
