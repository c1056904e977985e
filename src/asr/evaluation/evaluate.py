"""How well a trained recogniser does on utterances that it is given."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from asr.bundle import load_model
from asr.data.audio import Channel
from asr.data.batch import Unread
from asr.data.index import Index
from asr.data.skipped import Skipped
from asr.data.utterance import Utterance
from asr.evaluation.analysis import analysis, detection
from asr.evaluation.latency import latency
from asr.evaluation.processes import recognise_in_processes
from asr.evaluation.recognise import CPU, channel_for, recognise
from asr.evaluation.redecoding import described, with_decoder
from asr.evaluation.scores import Scores, score
from asr.evaluation.scoring import on_record
from asr.evaluation.source import Source
from asr.evaluation.usable import refuse_none, usable
from asr.json_files import write_json, write_json_lines
from asr.tasks.ctc import Decoder, WordDecoder
from asr.text.normalizer import Normalizer


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What an evaluation found.

    Attributes:
        scores: over the utterances that could be read.
        skipped: the others, with the reason for each.
        audio_seconds: of the utterances scored.
        seconds: that reading and recognising them took; loading the model is not in it.
        fingerprint: of the data, as a training run records it.
        scoring: how texts were brought into one form before they were compared.
        decoding: settings of a decoder in place of the model's own; ``None`` for its own.
        bf16: whether it was computed in bf16.
        analysis: what follows from the utterances, see :func:`~asr.evaluation.analysis.analysis`.
        latency: of one utterance alone; ``None`` where it was not asked for.
    """

    model: str
    data: str
    scores: Scores
    skipped: Sequence[Skipped]
    audio_seconds: float
    seconds: float
    fingerprint: str
    scoring: Mapping[str, Any]
    decoding: Mapping[str, Any] | None
    bf16: bool
    analysis: Mapping[str, Any]
    latency: Mapping[str, Any] | None

    @property
    def summary(self) -> dict[str, Any]:
        """The figures as ``summary.json`` holds them; rates are shares, not percent."""
        return {
            **self.scores.rates,
            "test": dict(self.scores.rates),
            **self.scores.counts,
            "utterances": {"kept": len(self.scores.utterances), "skipped": len(self.skipped)},
            "audio_seconds": round(self.audio_seconds, 3),
            "seconds": round(self.seconds, 3),
            "real_time_factor": self.seconds / max(self.audio_seconds, 1e-9),
            "model": self.model,
            "data": {"source": self.data, "fingerprint": self.fingerprint},
            "scoring": dict(self.scoring),
            "decoding": self.decoding,
            "bf16": self.bf16,
            **self.analysis,
            "latency": self.latency,
        }

    def write(self, folder: Path) -> list[str]:
        """Write the figures, the utterances one by one and what was skipped; give the names."""
        folder.mkdir(parents=True, exist_ok=True)
        write_json_lines(folder / "utterances.jsonl", self.scores.utterances)
        write_json_lines(folder / "skipped.jsonl", map(asdict, self.skipped))
        found = {
            "summary.json": self.summary,
            "confusion.json": self.scores.confusion,
            "confusions.json": self.scores.confusions,
            "roc.json": detection(self.scores.utterances),
        }
        figures = {name: value for name, value in found.items() if value is not None}
        for name, value in figures.items():
            write_json(folder / name, value)
        return ["utterances.jsonl", "skipped.jsonl", *figures]


def evaluate(
    model: Path,
    source: Source,
    *,
    batch: int = 16,
    processes: int = 1,
    channel: Channel | None = None,
    device: torch.device = CPU,
    allow: Sequence[str] = (),
    scoring: Normalizer | None = None,
    columns: Sequence[str] = (),
    precision: float = 0.95,
    timed: int = 0,
    decoder: Decoder | WordDecoder | None = None,
    bf16: bool = False,
) -> Evaluation:
    """Recognise the utterances of ``source`` and score them, whatever their duration and text.

    What cannot be learnt can still be scored: a reference with characters that the model does
    not know counts as errors. Only what gives no frame, or cannot be read, is left out, and told.

    Args:
        batch: most utterances at once.
        processes: that share the utterances.
        channel: see :func:`~asr.evaluation.recognise.channel_for`.
        allow: see :func:`~asr.bundle.load_model`.
        scoring: see :func:`~asr.evaluation.scores.score`.
        columns, precision: see :func:`~asr.evaluation.analysis.analysis`.
        timed: how many utterances are recognised again, one by one, for the latency.
        decoder: in place of the model's own.
        bf16: see :func:`~asr.evaluation.recognise.infer`.

    Raises:
        InputError: the model or the data cannot be used, or no utterance can.
    """
    bundle = load_model(model, allow)
    recognizer, channel = with_decoder(bundle.recognizer, decoder), channel_for(bundle, channel)
    index = usable(source, recognizer.model)
    began = time.monotonic()
    if processes == 1:
        share = recognise(
            recognizer, index, batch=batch, channel=channel, device=device, confident=True,
            bf16=bf16,
        )  # fmt: skip
    else:
        share = recognise_in_processes(
            model, index, processes=processes, batch=batch, channel=channel, device=device,
            allow=allow, decoder=decoder, bf16=bf16,
        )  # fmt: skip
    seconds = time.monotonic() - began
    kept = _without(index, share.unread)
    refuse_none(len(kept), kept, source.name)
    scores = score(recognizer.task, index, share.heard, scoring)
    return Evaluation(
        model=str(model),
        data=source.name,
        scores=scores,
        skipped=kept.skipped,
        audio_seconds=float(kept.seconds.sum()),
        seconds=seconds,
        fingerprint=kept.fingerprint,
        scoring=on_record(scoring, recognizer.vocabulary),
        decoding=described(decoder),
        bf16=bf16,
        analysis=analysis(scores.utterances, columns, precision),
        latency=latency(recognizer, kept, count=timed, channel=channel, device=device, bf16=bf16)
        if timed
        else None,
    )


def _without(index: Index, unread: Sequence[Unread]) -> Index:
    if not unread:
        return index
    reasons = dict(unread)

    def reason(utterance: Utterance) -> str | None:
        told = reasons.get(utterance.id)
        return told and told.removeprefix(f"{utterance.path}: ")

    return index.without(reason)
