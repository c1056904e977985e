"""A recogniser from a config, before there is data to learn a vocabulary from."""

from collections.abc import Sequence
from typing import NamedTuple

from asr.assemble import Recognizer, assemble
from asr.compose import check_config, compose
from asr.config import build, locate
from asr.errors import InputError
from asr.tasks.ctc import CTC
from asr.text.labels import Labels

CLASSES = 29  # the letters of English, apostrophe and space, and the blank


class Untrained(NamedTuple):
    """A recogniser with fresh weights.

    Attributes:
        classes: that were assumed; ``None`` where the config has a vocabulary.
    """

    recognizer: Recognizer
    classes: int | None


def untrained(overrides: Sequence[str], classes: int | None = None) -> Untrained:
    """The recogniser that ``python train.py`` with these overrides would begin with.

    Args:
        classes: of its output, blank included, where the vocabulary is to be learnt.

    Raises:
        InputError: an override cannot be applied, or a part refuses its config.
    """
    config = compose(overrides)
    check_config(config)
    vocabulary = build(config["vocabulary"], "vocabulary")
    if len(vocabulary):
        return Untrained(assemble(config, vocabulary), None)
    classes = classes or CLASSES
    task = locate(config["task"]["_target_"])
    symbols = classes - 1 if issubclass(task, CTC) else classes
    if symbols < 1:
        raise InputError(f"--classes must be 2 or more, got {classes}")
    names = Labels([f"class {number}" for number in range(symbols)])
    return Untrained(assemble(config, names), classes)
