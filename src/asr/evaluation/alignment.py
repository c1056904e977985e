"""When each word of a known text was said in a recording."""

from collections.abc import Iterable, Iterator
from functools import reduce
from pathlib import Path
from typing import NamedTuple

import torch

from asr.assemble import Recognizer
from asr.data.audio import AudioError, Channel
from asr.errors import InputError
from asr.evaluation.emission import Emission, emission
from asr.evaluation.pieces import pieces
from asr.evaluation.recognise import CPU, infer, misfit
from asr.evaluation.transcribe import Failure
from asr.evaluation.word_times import Word
from asr.models.acoustic import AcousticModel
from asr.padded import pad
from asr.tasks.ctc import CTC

_NAMED = 5  # symbols that an error message names


class Recording(NamedTuple):
    """A recording and what is said in it.

    Attributes:
        name: how what is written of it is called.
        offset: where in the file the recording begins, in seconds.
        seconds: duration; ``None`` up to the end of the file.
        place: where it was named, for error messages; the file where empty.
    """

    name: str
    file: Path
    text: str
    offset: float = 0.0
    seconds: float | None = None
    place: str = ""


class Alignment(NamedTuple):
    """A recording with the times of its words.

    Attributes:
        seconds: duration of the recording.
        text: as the model was taught to spell it.
        words: in order; they do not overlap.
    """

    name: str
    file: Path
    seconds: float
    text: str
    words: list[Word]


def align_recordings(
    recognizer: Recognizer,
    recordings: Iterable[Recording],
    *,
    channel: Channel = "mix",
    longest: float = 60.0,
    device: torch.device = CPU,
) -> Iterator[Alignment | Failure]:
    """Align recordings one after the other; those that cannot be do not stop the others.

    Args:
        channel: see :func:`~asr.data.audio.read_audio`.
        longest: in seconds; longer recordings are heard in pieces, see
            :func:`~asr.evaluation.pieces.pieces`, and aligned as a whole.

    Raises:
        InputError: the model is one of labels.
    """
    task = recognizer.task
    if not isinstance(task, CTC):
        raise InputError("aligning needs a model that transcribes, this one gives labels")
    for recording in recordings:
        try:
            yield _aligned(recognizer, recording, task, channel, longest, device)
        except AudioError as error:
            yield Failure(recording.file, str(error))
        except InputError as error:
            yield Failure(recording.file, f"{recording.place or recording.file}: {error}")


def _aligned(
    recognizer: Recognizer,
    recording: Recording,
    task: CTC,
    channel: Channel,
    longest: float,
    device: torch.device,
) -> Alignment:
    text = task.vocabulary.normalize(recording.text)
    _refuse_strangers(task, text)
    heard = _heard(recognizer.model, recording, channel, longest, device)
    tokens = task.vocabulary.encode(text)
    if fault := task.fault(tokens, len(heard.times)):
        raise InputError(f"the text does not fit the recording ({fault}); check that it is its own")
    try:
        words = heard.words(tokens, task)
    except ValueError as error:
        raise InputError(str(error)) from None
    return Alignment(recording.name, recording.file, heard.sound.edges[-1], text, words)


def _heard(
    model: AcousticModel,
    recording: Recording,
    channel: Channel,
    longest: float,
    device: torch.device,
) -> Emission:
    parts: list[Emission] = []
    for piece in pieces(
        recording.file, model.sample_rate, channel=channel, longest=longest,
        offset=recording.offset, seconds=recording.seconds,
    ):  # fmt: skip
        reason = misfit(piece.waveform, model)
        if reason is None:
            logits = infer(model, pad([piece.waveform]), device).values[0]
            parts.append(emission(model, piece.waveform, logits, piece.begin))
        elif piece.begin == 0:  # a last piece too short to give a frame holds nothing
            raise InputError(reason)
    return reduce(Emission.then, parts)


def _refuse_strangers(task: CTC, text: str) -> None:
    if not text:
        raise InputError("there is no text to align; give the words that are said")
    if strangers := task.vocabulary.unknown(text):
        shown = ", ".join(map(repr, list(strangers)[:_NAMED]))
        more = ", ..." if len(strangers) > _NAMED else ""
        raise InputError(f"the model does not know {shown}{more}; write the text in its symbols")
