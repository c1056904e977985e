"""The network compiled by torch.compile, as CUDA graphs where asked for."""

import os
import shutil
from typing import Any, Literal

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback
from torch import nn

from asr.errors import InputError

_COMPILERS = ("c++", "g++", "clang++", "cl")


class Compiled(Callback):
    """Compiles the encoder for training and its validations; it is tested as it is.

    Batches are padded to few lengths, each of which may be compiled anew for a while: it takes
    minutes that long runs earn back on a GPU. On a CPU it was slower than without
    (docs/performance.md). The weights and their names stay as they are, and rounding changes.

    Args:
        mode: of ``torch.compile``; ``"reduce-overhead"`` captures CUDA graphs, one for each
            length, and ``"max-autotune"`` tries out kernels as well.
        dynamic: whether lengths are symbols in the compiled code; ``None`` finds out by itself.
        backend: of ``torch.compile``; ``"aot_eager"`` compiles nothing, to find what stands in
            the way of it.
    """

    def __init__(
        self,
        mode: Literal["default", "reduce-overhead", "max-autotune"] = "default",
        dynamic: bool | None = None,
        backend: str = "inductor",
    ) -> None:
        if backend not in (known := torch.compiler.list_backends(None)):
            raise ValueError(f"backend must be one of {', '.join(known)}, got {backend!r}")
        self.mode = mode
        self.backend = backend
        self.dynamic = dynamic

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if self._needs_compiler(pl_module.device) and not _has_compiler():
            raise InputError(
                "callbacks.compiled: needs a C++ compiler on a CPU; install g++, or leave it out"
            )
        # Each length may be compiled by itself, until they are too many.
        torch._dynamo.config.cache_size_limit = max(64, torch._dynamo.config.cache_size_limit)
        mode = None if self.backend != "inductor" else self.mode  # the others know none
        _encoder(pl_module).compile(mode=mode, dynamic=self.dynamic, backend=self.backend)

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if self.mode != "default":
            # The tensors of the last step are needed no more.
            torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]

    def on_fit_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        _encoder(pl_module)._compiled_call_impl = None

    def _needs_compiler(self, device: torch.device) -> bool:
        return device.type == "cpu" and self.backend == "inductor"


def _has_compiler() -> bool:
    names = (os.environ.get("CXX"), *_COMPILERS)
    return any(shutil.which(name) for name in names if name)


def _encoder(module: L.LightningModule) -> nn.Module:
    encoder: nn.Module = module.model.encoder  # type: ignore[union-attr,assignment]
    return encoder
