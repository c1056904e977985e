"""Which utterances can be taught, and which can at least be scored."""

from collections.abc import Callable
from typing import Literal

from asr.data.utterance import Utterance
from asr.errors import InputError
from asr.tasks.task import Task
from asr.text.labels import Labels

Outside = Literal["skip", "drop", "error"]
Textless = Literal["skip", "keep"]
Fault = Callable[[Utterance, int], str | None]  # of an utterance with its encoder frames
_NO_FRAME = "too short: the model gives no frame"


def unteachable(task: Task, outside: Outside, textless: Textless) -> Fault:
    """Why an utterance cannot be trained on, if so.

    Args:
        outside: what to do about symbols that the vocabulary lacks: skip the utterance, teach
            it without them, or stop.
        textless: what to do about an utterance without a text: skip it, or teach its silence.

    Raises:
        InputError: as asked, when a symbol is outside the vocabulary.
    """
    vocabulary = task.vocabulary

    def fault(utterance: Utterance, frames: int) -> str | None:
        text = vocabulary.normalize(task.target(utterance))
        unknown = vocabulary.unknown(text)
        if unknown and outside != "drop":
            told = f"outside the vocabulary: {', '.join(map(repr, sorted(unknown)[:5]))}"
            if outside == "error":
                raise InputError(
                    f"{utterance.line or utterance.path}: {told}; mend the text, extend the "
                    "vocabulary, or choose data.outside=skip or data.outside=drop"
                )
            return told
        tokens = vocabulary.encode(text)
        if not tokens and not text and textless == "keep":
            return None if frames else _NO_FRAME
        return task.fault(tokens, frames)

    return fault


def unscorable(task: Task) -> Fault:
    """Why an utterance cannot be scored, if so; what cannot be learnt counts as errors.

    Raises:
        InputError: its label is none of those that are learnt, so no answer could be right.
    """
    vocabulary = task.vocabulary

    def fault(utterance: Utterance, frames: int) -> str | None:
        if not isinstance(vocabulary, Labels):
            return None if frames else _NO_FRAME
        label = vocabulary.normalize(task.target(utterance))
        if vocabulary.unknown(label):
            raise InputError(
                f"{utterance.line or utterance.path}: the label {label!r} does not occur in "
                f"training, which has {', '.join(map(repr, vocabulary.symbols[:5]))}; mend it, or "
                "leave the row out"
            )
        return None if frames else _NO_FRAME

    return fault
