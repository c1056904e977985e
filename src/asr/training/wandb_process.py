"""The process that logs a run with wandb: one JSON object a line from standard input.

Started by :class:`asr.training.wandb_log.WandbLog`, and the only file that imports wandb. Any
exception may end it, after it is told in one line: the run does not depend on it.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np
import wandb

from asr.training.side_process import STOPPED

_COLUMNS: list[str | int] = ["id", "reference", "hypothesis", "error rate", "seconds", "audio"]
_NETWORK_SECONDS = 5.0
_LOGIN_SECONDS = 30.0


def main() -> None:
    """Log what comes until the messages end; without a last word the run has failed."""
    lines, voice = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(2), "w", buffering=1)
    # wandb's backend gets neither: what it says goes nowhere, and if it hangs it holds no pipe.
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 2)
    try:
        messages = map(json.loads, lines)
        run = _start(next(messages), voice)
        status = 1
        for message in messages:
            status = message.get("end", status)
            _log(run, message)
        run.finish(exit_code=status)
    except Exception as error:
        voice.write(f"wandb: logs no more ({_first_line(error)}); the run goes on without it\n")
        os._exit(STOPPED)  # wandb's own exit would wait for a backend that may not answer


def _start(init: Mapping[str, Any], voice: TextIO) -> wandb.Run:
    if init["mode"] == "online":
        problem = _unreachable()
        if not problem:
            try:
                return _init(init)
            except Exception as error:
                problem = _first_line(error)
        voice.write(
            f"wandb: {problem}; logs offline, 'wandb sync' can send it later from "
            f"{init['dir']}/wandb\n"
        )
    return _init({**init, "mode": "offline"})


def _init(init: Mapping[str, Any]) -> wandb.Run:
    # Clips and caches stand in the run's folder too, not in the user's home.
    for name in ("WANDB_DATA_DIR", "WANDB_CACHE_DIR"):
        os.environ.setdefault(name, f"{init['dir']}/wandb")
    # The config says what ran. The command line, the machine and its files may hold what is
    # private, so nothing is collected by itself except the load of processor and memory.
    settings = wandb.Settings(
        silent=True,
        console="off",
        init_timeout=_LOGIN_SECONDS,
        disable_git=True,
        disable_code=True,
        save_code=False,
        x_save_requirements=False,
        x_disable_meta=True,
        x_disable_machine_info=True,
    )
    run = wandb.init(**init, resume="allow", settings=settings)
    run.define_metric("trainer/global_step")
    run.define_metric("*", step_metric="trainer/global_step", step_sync=True)
    return run


def _unreachable() -> str | None:
    """Why the server cannot be spoken to; wandb itself would try for minutes."""
    server = wandb.setup().settings.base_url
    try:
        urlopen(server, timeout=_NETWORK_SECONDS).close()
    except HTTPError:
        pass  # it answers
    except (OSError, ValueError) as error:
        return f"no answer from {server} ({_first_line(error)})"
    return None


def _log(run: wandb.Run, message: Mapping[str, Any]) -> None:
    if "metrics" in message:
        run.log(message["metrics"])
    if "table" in message:
        run.log({"test/predictions": _table(message["table"], message["sample_rate"])})
    for name, (columns, rows) in message.get("tables", {}).items():
        run.log({f"test/{name}": wandb.Table(columns=columns, data=rows)})
    if "confusion" in message:
        run.log({"test/confusion": _confusion(**message["confusion"])})
    if "model" in message:
        run.summary.update(message["summary"])
        artifact = wandb.Artifact(f"model-{run.id}", type="model", metadata=message["summary"])
        # Not changed again, so wandb needs no copy of it.
        artifact.add_file(message["model"], policy="immutable", skip_cache=True)
        run.log_artifact(artifact)


def _table(rows: Sequence[Sequence[Any]], sample_rate: int) -> wandb.Table:
    table = wandb.Table(columns=_COLUMNS)
    for *values, clip in rows:
        audio = clip and wandb.Audio(np.load(Path(clip)), sample_rate=sample_rate)
        table.add_data(*values, audio)
    return table


def _confusion(classes: Sequence[str], references: Sequence[int], hypotheses: Sequence[int]) -> Any:
    return wandb.plot.confusion_matrix(
        y_true=references, preds=hypotheses, class_names=classes, title="test"
    )


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__


if __name__ == "__main__":
    main()
