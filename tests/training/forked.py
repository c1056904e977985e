"""``python train.py`` in a process that is forked with everything imported, so that it starts at
once, and that ends itself where a test wants it to.

A moment is a kind and a number: ``batch:5`` is the beginning of batch 5, counted from the first of
the run; ``step:5`` its end; ``validation:2`` within the third validation of the process; ``sync:3``
the fourth time that it syncs a file or a folder, as it does before and after it renames a
checkpoint; ``read:0`` before the data are read. ``waveform:5-7`` spoils the sound of batches 5 to
7, ``loss`` their loss and ``gradient`` their gradient; of ``unread:2`` nothing can be read;
``error:2`` raises. Several moments are joined by ``+``.
"""

import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from .conftest import BODY, ROOT, TINY

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["asr.train", "tests.training.forked"])
_SECONDS = 240  # after which a process hangs


class Ended(NamedTuple):
    status: int
    out: str
    err: str


class Launched:
    """A run that goes on beside the test."""

    def __init__(
        self,
        cwd: Path,
        overrides: Sequence[str],
        moment: str = "",
        number: int = signal.SIGKILL,
        environment: Mapping[str, str] | None = None,
        ignored: Sequence[int] = (),
        group: bool = False,
    ) -> None:
        name = f"process{(environment or {}).get('RANK', '')}"
        self.files = cwd / f"{name}.out", cwd / f"{name}.err"
        self.process = _FORKS.Process(
            target=_main,
            args=(
                cwd,
                list(overrides),
                moment,
                number,
                dict(environment or {}),
                self.files,
                ignored,
                group,
            ),
        )  # fmt: skip
        self.process.start()

    def until(self, said: str) -> None:
        """Wait until the run has said this."""
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end and self.process.is_alive():
            if self.files[0].exists() and said in self.files[0].read_text():
                return
            time.sleep(0.02)
        raise AssertionError(said)

    def wait(self) -> Ended:
        self.process.join(_SECONDS)
        hangs = self.process.is_alive()
        self.process.kill()
        self.process.join()
        out, err = (path.read_text() for path in self.files)
        assert not hangs, out + err
        return Ended(self.process.exitcode or 0, out, err)


def start(cwd: Path, overrides: Sequence[str], moment: str = "", **kwargs: Any) -> Ended:
    """Run it to its end."""
    return Launched(cwd, overrides, moment, **kwargs).wait()


def start_two(
    cwd: Path, overrides: Sequence[str], moment: str = "", *, only: str = "01", **kwargs: Any
) -> list[Ended]:
    """Run it in two processes, as a launcher would; the moment strikes those of rank ``only``."""
    if not any(override.startswith("resume=") for override in overrides):
        overrides = [*overrides, "trainer=ddp_cpu"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2",
        "LOCAL_WORLD_SIZE": "2", "GROUP_RANK": "0", "TORCHELASTIC_RUN_ID": "test",
    }  # fmt: skip
    both = [
        Launched(
            cwd, overrides, moment if rank in only else "",
            environment={**shared, "RANK": rank, "LOCAL_RANK": rank}, **kwargs,
        )
        for rank in "01"
    ]  # fmt: skip
    return [one.wait() for one in both]


def tiny(tones: Path, *more: str) -> list[str]:
    """A run of three epochs of four batches, with all that has a state."""
    return [
        *TINY, *BODY, f"data_root={tones}", "trainer.max_epochs=3", "trainer.log_every=1",
        "data.batch_seconds=30", "callbacks.ema.decay=0.9", EARLY_STOPPING, *more,
    ]  # fmt: skip


BATCHES, EPOCHS = 4, 3
EARLY_STOPPING = (
    "callbacks.early_stopping={_target_: lightning.pytorch.callbacks.EarlyStopping, "
    "_partial_: true, patience: 5}"
)


def _main(
    cwd: Path,
    overrides: list[str],
    moment: str,
    number: int,
    environment: dict[str, str],
    files: tuple[Path, Path],
    ignored: Sequence[int],
    group: bool,
) -> None:
    if group:
        os.setpgid(0, 0)
    multiprocessing.set_start_method("fork", force=True)  # of loader workers, which else start anew
    os.chdir(cwd)
    os.environ.update(environment)
    for descriptor, path in enumerate(files, start=1):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, descriptor)
    # Whoever started the tests may have had these ignored.
    for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        signal.signal(name, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in ignored:
        signal.signal(name, signal.SIG_IGN)
    for part in filter(None, moment.split("+")):
        _arm(*part.split(":"), number)
    sys.argv = [str(ROOT / "train.py"), *overrides]
    from asr.train import main

    main()


def _arm(kind: str, count: str, number: int) -> None:
    from asr.data.batch import Unread
    from asr.training.data import SpeechData
    from asr.training.module import SpeechModule

    at, seen = int(count.partition("-")[0]), -1
    last = int(count.partition("-")[2] or at)

    def strike() -> None:
        os.kill(os.getpid(), number)

    def batches(before: Any) -> Any:
        def hook(module: Any, *args: Any) -> Any:
            done = before(module, *args)
            if module.trainer.fit_loop.epoch_loop.total_batch_idx == at:
                strike()
            return done

        return hook

    def calls(before: Any) -> Any:
        def hook(*args: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == at:
                strike()
            return before(*args)

        return hook

    def infinite(loss: Any) -> Any:
        return lambda *given: loss(*given) * float("inf")

    def spoilt(before: Any) -> Any:
        def hook(module: Any, batch: Any, index: int) -> Any:
            if not at <= module.trainer.fit_loop.epoch_loop.total_batch_idx <= last:
                return before(module, batch, index)
            if kind == "error":
                raise ArithmeticError("failed on purpose")
            if kind == "unread":
                return before(module, (Unread("nobody", "not read"),), index)
            if kind == "waveform":
                batch.waveforms.values[0, 0, 5] = float("nan")
            if kind == "gradient":
                next(module.parameters()).register_hook(lambda gradient: gradient * float("nan"))
            if kind == "loss":
                right, module.task.loss = module.task.loss, infinite(module.task.loss)
                try:
                    return before(module, batch, index)
                finally:
                    module.task.loss = right
            return before(module, batch, index)

        return hook

    if kind in ("waveform", "loss", "gradient", "unread", "error"):
        SpeechModule.training_step = spoilt(SpeechModule.training_step)
    elif kind == "batch":
        SpeechModule.on_train_batch_start = batches(SpeechModule.on_train_batch_start)
    elif kind == "step":
        SpeechModule.on_train_batch_end = batches(lambda module, *args: None)
    elif kind == "read":
        SpeechData.read = calls(SpeechData.read)
    elif kind == "validation":
        SpeechModule.on_validation_epoch_start = calls(SpeechModule.on_validation_epoch_start)
    else:
        os.fsync = calls(os.fsync)
