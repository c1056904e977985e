"""Weights & Biases beside a run: all that is logged goes to a process of its own.

wandb may lose its backend, hang, wait minutes for a network or fail at exit, and stops the
process that it serves when it does. So it serves ``wandb_process.py``, and nothing here.
"""

import json
import logging
import math
import re
import secrets
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml
from lightning.pytorch.loggers import Logger
from lightning.pytorch.utilities import rank_zero_only

from asr.assemble import Recognizer
from asr.bundle import BUNDLE
from asr.data.audio import AudioError, read_audio
from asr.data.index import Index
from asr.data.utterance import Utterance
from asr.json_files import finite
from asr.metrics.edits import word_edits
from asr.tasks.classification import Classification
from asr.training.module import Prediction
from asr.training.run_folder import CONFIG, SUMMARY
from asr.training.side_process import SideProcess

log = logging.getLogger("asr")

ID = "wandb_id.txt"
_PATIENCE = 30.0  # seconds to start and to end, beside those of uploading
_OTHER = "(none of these)"


class WandbLog(Logger):
    """Logs scalars, config, test predictions and the model; never stops or stalls a run.

    The run's id is kept in its folder, and a resumed run goes on under it.

    Args:
        run_dir: folder of the run; wandb writes into it and reads the config there.
        project: to log into.
        mode: ``"online"`` becomes ``"offline"`` where there is no key or no network.
        entity: user or team; ``None`` is the default of the key's owner.
        name: of the run; ``None`` is the name of its folder.
        tags: of the run.
        rows: most test predictions in the table; predictions.jsonl has them all.
        audio: of how many of these rows the audio is logged.
        upload_seconds: most to wait at the end for what is still to be sent.

    Raises:
        ValueError: a number is below 0.
    """

    def __init__(
        self,
        run_dir: Path,
        *,
        project: str = "asr",
        mode: Literal["online", "offline"] = "online",
        entity: str | None = None,
        name: str | None = None,
        tags: Sequence[str] = (),
        rows: int = 1000,
        audio: int = 100,
        upload_seconds: float = 120.0,
    ) -> None:
        super().__init__()
        if rows < 0 or audio < 0 or upload_seconds < 0:
            raise ValueError(
                f"need rows, audio and upload_seconds of 0 or more, got {rows}, {audio} and "
                f"{upload_seconds:g}"
            )
        self.run_dir = run_dir
        self.rows, self.audio = rows, audio
        self.upload_seconds = upload_seconds
        self._init = {
            "dir": str(run_dir.resolve()), "project": project, "mode": mode, "entity": entity,
            "name": name or run_dir.resolve().name, "tags": list(tags),
        }  # fmt: skip
        self._process: SideProcess | None = None
        self._ended = False

    @property
    def name(self) -> str:
        return "wandb"

    @property
    def version(self) -> str:
        return ""

    @rank_zero_only
    def log_hyperparams(self, params: dict[str, Any] | Namespace, *_: Any, **__: Any) -> None:
        """Nothing: the config is read from the run's folder, where it is without secrets."""

    @rank_zero_only
    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        self._send({"metrics": {**metrics, "trainer/global_step": step}})

    @rank_zero_only
    def log_results(
        self,
        folder: Path,
        predictions: list[Prediction],
        index: Index,
        recognizer: Recognizer,
        tables: Callable[[], Mapping[str, tuple[list[str], list[list[Any]]]]],
    ) -> None:
        """Log the tables of a report, the confusion matrix and the bundle, and end the run."""
        if self._ended:
            return
        try:
            with tempfile.TemporaryDirectory(prefix=".wandb_audio_", dir=folder) as clips:
                rows = self._rows(predictions, index, recognizer, Path(clips))
                rate = recognizer.model.sample_rate
                self._send({"table": list(rows), "sample_rate": rate})
                self._send({"tables": finite(tables())})
                if isinstance(recognizer.task, Classification):
                    labels = recognizer.task.vocabulary.symbols
                    self._send({"confusion": _confusion(predictions, labels)})
                summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
                self._send({"model": str((folder / BUNDLE).resolve()), "summary": summary})
                self._end(self.upload_seconds + _PATIENCE, status=0)
        except Exception as error:  # whatever it is, the run has its results on disk
            self._give_up(error)

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """End a run that failed; one that did not goes on to its results."""
        if status != "success":
            self._end(_PATIENCE, status=1)

    def _send(self, message: Mapping[str, Any]) -> None:
        if self._ended:
            return
        try:
            if self._process is None:
                self._process = SideProcess("asr.training.wandb_process", "wandb")
                self._process.send({**self._init, "id": self._id(), "config": self._config()})
            self._process.send(message)
        except Exception as error:  # whatever it is, the run has logs of its own
            self._give_up(error)

    def _id(self) -> str:
        path = self.run_dir / ID
        known = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        if re.fullmatch("[0-9a-z]{1,64}", known):
            return known
        fresh = secrets.token_hex(4)  # also where a kill or a full disk left an empty file
        path.write_text(fresh, encoding="utf-8")
        return fresh

    def _config(self) -> Any:
        path = self.run_dir / CONFIG
        return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}

    def _end(self, seconds: float, status: int) -> None:
        if self._process is None or self._ended:
            return
        self._send({"end": status})
        self._ended = True
        if not self._process.close(seconds):
            log.warning(
                "wandb: not done after %g s, so it was ended; 'wandb sync' can send the rest from "
                "%s", seconds, self.run_dir / "wandb",
            )  # fmt: skip

    def _give_up(self, error: Exception) -> None:
        told = next(iter(str(error).splitlines()), type(error).__name__)
        log.warning("wandb: logs no more (%s); the run goes on without it", told)
        self._ended = True
        if self._process is not None:
            self._process.close(0)

    def _rows(
        self,
        predictions: Sequence[Prediction],
        index: Index,
        recognizer: Recognizer,
        clips: Path,
    ) -> Iterator[list[Any]]:
        for number, prediction in enumerate(predictions[: self.rows]):
            utterance = index[prediction.row]
            clip = clips / f"{number}.npy" if number < self.audio else None
            if clip and not _write_clip(clip, utterance, recognizer.model.sample_rate):
                clip = None
            if isinstance(recognizer.task, Classification):
                error = float(prediction.hypothesis != prediction.reference)
            else:
                error = word_edits(prediction.hypothesis, prediction.reference).rate
            yield [
                prediction.id, prediction.reference, prediction.hypothesis,
                error if math.isfinite(error) else None, utterance.seconds, clip and str(clip),
            ]  # fmt: skip


def _write_clip(path: Path, utterance: Utterance, sample_rate: int) -> bool:
    try:
        audio = read_audio(
            utterance.path, sample_rate, offset=utterance.offset, seconds=utterance.seconds,
            window=utterance.window,
            channel="mix" if utterance.channel is None else utterance.channel,
        )  # fmt: skip
    except AudioError:
        return False  # readable when the run began, and counted among the unread if not later
    np.save(path, audio[0].numpy())
    return True


def _confusion(predictions: Sequence[Prediction], labels: Sequence[str]) -> dict[str, Any]:
    """Classes by number; references outside the labels are one more class."""
    number = {label: row for row, label in enumerate(labels)}
    references = [number.get(p.reference, len(labels)) for p in predictions]
    return {
        "classes": [*labels, _OTHER] if len(labels) in references else list(labels),
        "references": references,
        "hypotheses": [number[p.hypothesis] for p in predictions],
    }
