"""How long one utterance takes from its file to its text."""

import time
from typing import Any

import numpy as np
import torch

from asr.assemble import Recognizer
from asr.data.audio import AudioError, Channel, read_audio
from asr.data.index import Index
from asr.evaluation.recognise import CPU, infer, misfit
from asr.metrics.bootstrap import Numbers
from asr.models.folding import folded
from asr.padded import pad


def latency(
    recognizer: Recognizer,
    index: Index,
    *,
    count: int = 100,
    channel: Channel = "mix",
    device: torch.device = CPU,
    bf16: bool = False,
) -> dict[str, Any]:
    """Median and 95th percentile of one utterance alone, in milliseconds.

    The utterances are spread evenly over the index; the first is recognised once before, since
    what is set up then is not the utterance's.

    Args:
        count: most utterances that are timed.
        bf16: see :func:`~asr.evaluation.recognise.infer`.
    """
    model, task = folded(recognizer.model).to(device), recognizer.task
    rows = np.unique(np.linspace(0, len(index) - 1, min(count, len(index))).astype(int))
    taken, seconds = list[float](), list[float]()
    for row in (rows[0], *rows):
        utterance = index[int(row)]
        began = time.perf_counter()
        try:
            waveform = read_audio(
                utterance.path, model.sample_rate, channel=channel, offset=utterance.offset,
                seconds=utterance.seconds, window=utterance.window,
            )  # fmt: skip
        except AudioError:
            continue
        if misfit(waveform, model) is None:
            task.predict(infer(model, pad([waveform]), device, bf16=bf16))
            taken.append(1000 * (time.perf_counter() - began))
            seconds.append(waveform.shape[-1] / model.sample_rate)
    alone: Numbers = np.quantile(taken[1:] or taken, [0.5, 0.95])
    return {
        "utterances": max(len(taken) - 1, 1),
        "mean_seconds": float(np.mean(seconds)),
        "median_ms": float(alone[0]),
        "p95_ms": float(alone[1]),
        "threads": torch.get_num_threads(),
        "device": device.type,
    }
