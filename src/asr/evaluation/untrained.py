"""A recogniser from a config, before there is data to learn a vocabulary from."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from asr.assemble import Recognizer, assemble
from asr.compose import check_config, compose
from asr.config import build, locate
from asr.data.utterance import Utterance
from asr.errors import InputError
from asr.evaluation.feasibility import refuse_other_tasks
from asr.tasks.ctc import CTC
from asr.text.labels import Labels
from asr.text.vocabulary import Vocabulary

CLASSES = 29  # the letters of English, apostrophe and space, and the blank
LABELS = 30  # the words of the first version of Speech Commands


class Untrained(NamedTuple):
    """A recogniser with fresh weights.

    Attributes:
        classes: that were assumed; ``None`` where there is a vocabulary.
    """

    recognizer: Recognizer
    classes: int | None


def untrained(
    overrides: Sequence[str],
    classes: int | None = None,
    utterances: Iterable[Utterance] | None = None,
) -> Untrained:
    """The recogniser that ``python train.py`` with these overrides would begin with.

    Args:
        classes: of its output, blank included, where the vocabulary is to be learnt.
        utterances: to learn it from, as training would; then nothing is assumed.

    Raises:
        InputError: an override cannot be applied, a part refuses its config, or there is
            nothing to learn from the utterances.
    """
    config = compose(overrides)
    check_config(config)
    task = locate(config["task"]["_target_"])
    if utterances is not None:
        refuse_other_tasks(task)
    vocabulary = build(config["vocabulary"], "vocabulary")
    if utterances is not None:
        return Untrained(assemble(config, _learnt(vocabulary, task, utterances)), None)
    if len(vocabulary):
        return Untrained(assemble(config, vocabulary), None)
    ctc = issubclass(task, CTC)
    classes = classes or (CLASSES if ctc else LABELS)
    symbols = classes - 1 if ctc else classes
    if symbols < 1:
        raise InputError(f"--classes must be 2 or more, got {classes}")
    names = Labels([f"class {number}" for number in range(symbols)])
    return Untrained(assemble(config, names), classes)


def _learnt(vocabulary: Vocabulary, task: Any, utterances: Iterable[Utterance]) -> Vocabulary:
    try:
        return vocabulary.fitted(task.target(utterance) for utterance in utterances)
    except ValueError as error:
        raise InputError(f"vocabulary: {error}; give a manifest with texts") from error
