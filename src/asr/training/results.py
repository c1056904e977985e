"""What a finished run leaves in its folder, and what it says of it."""

import json
import logging
import math
import platform
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import lightning as L
import torch

from asr.assemble import Recognizer
from asr.bundle import BUNDLE, save_bundle
from asr.data.index import Index
from asr.data.unread import unread_rows
from asr.json_files import write_json, write_json_lines
from asr.tasks.task import Monitor, Task
from asr.text.printable import printable
from asr.training import report
from asr.training.data import SpeechData
from asr.training.doctor import Doctor
from asr.training.module import Prediction, SpeechModule
from asr.training.run_folder import SKIPPED, SUMMARY
from asr.training.saving import Checkpoints
from asr.training.throughput import Throughput

log = logging.getLogger("asr")


# Columns and rows of each table, by its name.
Tables = Mapping[str, tuple[list[str], list[list[Any]]]]


@runtime_checkable
class ResultsLogger(Protocol):
    """A logger that wants more of a finished run than its scalars."""

    def log_results(
        self,
        folder: Path,
        predictions: list[Prediction],
        index: Index,
        recognizer: Recognizer,
        tables: Callable[[], Tables],
    ) -> None:
        """Keep predictions of the test split and tables of them, and files of the run's folder."""


def save_results(
    folder: Path,
    recognizer: Recognizer,
    module: SpeechModule,
    data: SpeechData,
    trainer: L.Trainer,
    scores: Mapping[str, Any],
    seconds: Mapping[str, float],
    tables: Callable[[Task, Index, Sequence[Prediction]], Tables],
) -> None:
    """Write bundle, predictions and summary, and print the result.

    Args:
        tables: makes them of the predictions, for loggers that want them.
    """
    test = {name.removeprefix("test/"): float(value) for name, value in scores.items()}
    summary = summarize(recognizer, module, data, trainer, test, seconds)
    save_bundle(folder / BUNDLE, recognizer, {"test": test, **module.facts})
    rows = [
        {"id": item.id, "reference": item.reference, "hypothesis": item.hypothesis}
        for item in module.predictions
    ]
    write_json_lines(folder / "predictions.jsonl", rows)
    write_json(folder / SUMMARY, summary)
    data.write_skipped(folder / SKIPPED, module.unread)
    for name, reason in list(module.unread.items())[:5]:
        log.warning("not read: %s", printable(f"{name}: {reason}"))
    log.info("\ntest\n%s", report.table(test))
    log.info("  %.0f s of training, %.0f audio seconds per second", seconds["fit"],
             summary["audio_seconds_per_second"])  # fmt: skip
    command = "transcribe" if "wer" in test else "evaluate"
    rest = "FILE.wav" if "wer" in test else "--manifest FILE.jsonl"
    log.info("\nthe model is %s; use it:\n  asr %s %s %s", folder / BUNDLE, command, folder, rest)
    # Last, since it may take the time of an upload.
    for logger in trainer.loggers:
        if isinstance(logger, ResultsLogger):
            logger.log_results(
                folder, module.predictions, data.index["test"], recognizer,
                partial(tables, recognizer.task, data.index["test"], module.predictions),
            )  # fmt: skip


def finished(folder: Path, monitor: Monitor, trainer: L.Trainer) -> float | None:
    """The best validation of a run that was finished before it was resumed, which is said."""
    summary = folder / SUMMARY
    if not (folder / BUNDLE).is_file() or not summary.is_file():
        return None
    log.info(
        "%s is finished, with epoch %d and step %d: nothing was trained; to train on, add "
        "trainer.max_epochs=N or trainer.max_steps=N",
        folder, trainer.current_epoch, trainer.global_step,
    )  # fmt: skip
    best: float | None = json.loads(summary.read_text(encoding="utf-8"))["monitor"]["best"]
    if best is None:  # infinite, for which JSON has no word
        return math.inf if monitor.mode == "min" else -math.inf
    return best


def summarize(
    recognizer: Recognizer,
    module: SpeechModule,
    data: SpeechData,
    trainer: L.Trainer,
    test: Mapping[str, float],
    seconds: Mapping[str, float],
) -> dict[str, Any]:
    """The figures of a run, as ``summary.json`` holds them; rates are shares, not percent."""
    monitor = recognizer.task.monitor
    [throughput] = [c for c in trainer.callbacks if isinstance(c, Throughput)]  # type: ignore[attr-defined]
    [checkpoints] = [c for c in trainer.callbacks if isinstance(c, Checkpoints)]  # type: ignore[attr-defined]
    doctor = next((c for c in trainer.callbacks if isinstance(c, Doctor)), None)  # type: ignore[attr-defined]
    facts = data.facts
    unread = sum(len(list(unread_rows(index, module.unread))) for index in data.index.values())
    return {
        "test": dict(test),
        "monitor": {
            "metric": f"val/{monitor.metric}",
            "mode": monitor.mode,
            "best": checkpoints.best_value,
        },
        "seconds": dict(seconds),
        "audio_seconds_per_second": throughput.heard / max(seconds["fit"], 1e-9),
        "throughput": throughput.figures,
        **({"doctor": doctor.summary()} if doctor else {}),
        "utterances": {
            "kept": sum(split["utterances"] for split in facts.values()) - unread,
            "skipped": sum(split["skipped"] for split in facts.values()) + unread,
        },
        "data": facts,
        "parameters": report.parameters(recognizer.model),
        "receptive_field_ms": report.receptive_field_ms(recognizer.model),
        "hop_ms": recognizer.model.hop_ms,
        "epochs": trainer.current_epoch,
        "steps": trainer.global_step,
        "device": str(trainer.strategy.root_device),
        "precision": str(trainer.precision),
        "processes": trainer.world_size,
        "threads": torch.get_num_threads(),
        "versions": {name: version(name) for name in ("asr", "torch", "torchaudio", "lightning")}
        | {"python": platform.python_version()},
    }
