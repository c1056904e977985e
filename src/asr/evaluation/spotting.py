"""Keywords in long recordings: a window slides over them, and where it scores highest is told."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from asr.assemble import Recognizer
from asr.data.audio import Channel, audio_info, read_audio
from asr.errors import InputError
from asr.evaluation.recognise import CPU, infer, misfit
from asr.metrics.bootstrap import Numbers
from asr.models.folding import folded
from asr.padded import Padded
from asr.tasks.classification import Classification

_APART = 0.75  # of a window; a word that is shorter than it scores in many windows around it
_AT_ONCE = 128  # windows


class Sliding(NamedTuple):
    """How the window slides.

    Attributes:
        window: in seconds, as long as the recordings that the model was taught.
        step: from one window to the next, in seconds.
    """

    window: float = 1.0
    step: float = 0.1


class Detection(NamedTuple):
    """Where a keyword was heard.

    Attributes:
        begin, end: of the window, in seconds of the recording.
        score: the label's probability there.
    """

    keyword: str
    begin: float
    end: float
    score: float


def detections(
    recognizer: Recognizer,
    path: Path,
    keywords: Sequence[str],
    sliding: Sliding,
    *,
    channel: Channel = "mix",
    device: torch.device = CPU,
) -> list[Detection]:
    """Every place where a keyword scores higher than around it, however low, in order of time.

    Those that score above a threshold are the detections at that threshold.

    Raises:
        InputError: the model is not one of labels, has no such label, or cannot hear the
            recording; or the step is longer than the window.
        AudioError: the recording cannot be read.
    """
    columns = _columns(recognizer, keywords)
    if sliding.step > sliding.window:
        raise InputError(
            f"--step {sliding.step:g} is longer than --window {sliding.window:g}, so that words "
            "between windows would not be heard; make it shorter"
        )
    scores = np.concatenate(
        [
            infer(recognizer.model, windows, device).values[..., 0].float().softmax(1).cpu().numpy()
            for windows in _windows(recognizer, path, sliding, channel)
        ]
    )
    hop = _samples(recognizer, sliding)[1] / recognizer.model.sample_rate
    found = [
        Detection(keyword, place * hop, place * hop + sliding.window, float(scores[place, column]))
        for keyword, column in columns.items()
        for place in _peaks(scores[:, column], sliding.window * _APART / hop)
    ]
    return sorted(found, key=lambda each: each.begin)


def _columns(recognizer: Recognizer, keywords: Sequence[str]) -> Mapping[str, int]:
    if not isinstance(recognizer.task, Classification):
        raise InputError("spotting needs a model of labels, this one transcribes; use transcribe")
    labels = list(recognizer.vocabulary.symbols)
    if strangers := [keyword for keyword in keywords if keyword not in labels]:
        raise InputError(
            f"--keyword {strangers[0]}: the model has no such label; it has {', '.join(labels)}"
        )
    return {keyword: labels.index(keyword) for keyword in keywords}


def _samples(recognizer: Recognizer, sliding: Sliding) -> tuple[int, int]:
    rate = recognizer.model.sample_rate
    return round(sliding.window * rate), max(1, round(sliding.step * rate))


def _windows(
    recognizer: Recognizer, path: Path, sliding: Sliding, channel: Channel
) -> Iterator[Padded]:
    """Some windows at a time, ``(windows, channels, samples)``; the last ends in silence."""
    model = recognizer.model
    width, hop = _samples(recognizer, sliding)
    seconds = audio_info(path).seconds
    total = int(seconds * model.sample_rate)
    count = 1 + ceil(max(0, total - width) / hop)
    for first in range(0, count, _AT_ONCE):
        many = min(_AT_ONCE, count - first)
        samples = (many - 1) * hop + width
        begin = first * hop / model.sample_rate
        part = read_audio(
            path, model.sample_rate, channel=channel, offset=begin,
            seconds=min(samples / model.sample_rate, seconds - begin),
        )  # fmt: skip
        whole: Tensor = F.pad(part, (0, samples - part.shape[-1]))  # or less, if a sample too long
        if why := misfit(whole, model):
            raise InputError(f"{path}: {why}")
        values = whole.unfold(1, width, hop).transpose(0, 1).contiguous()
        yield Padded(values, torch.full((many,), width))


def _peaks(scores: Numbers, apart: float) -> list[int]:
    """Places from the highest score down, each ``apart`` or more from those before it."""
    found: list[int] = []
    free: np.ndarray[Any, np.dtype[np.bool_]] = np.ones(len(scores), np.bool_)
    for place in np.argsort(-scores, kind="stable").tolist():
        if not free[place]:
            continue
        found.append(place)
        free[max(0, ceil(place - apart)) : int(place + apart) + 1] = False
    return found


def ready(recognizer: Recognizer) -> Recognizer:
    """The same recogniser, faster: for many recordings, to be done once."""
    return recognizer._replace(model=folded(recognizer.model))
