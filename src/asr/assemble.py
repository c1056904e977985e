"""From the parts of a config to a recogniser: the one builder, for training and for loading."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from asr.config import build, locate
from asr.errors import InputError
from asr.models.acoustic import AcousticModel, Encoder, Features
from asr.tasks.task import Task
from asr.text.vocabulary import Vocabulary

PARTS = ("features", "model", "task", "vocabulary")

# Arguments that this module, not the config, gives to a part.
SUPPLIED = {"model": {"in_channels"}, "task": {"vocabulary"}}

_READS_FILES = "asr.language."  # the package whose decoders do
_GREEDY = {"_target_": "asr.decoding.greedy.GreedyDecoder"}


class Recognizer(NamedTuple):
    """A network and the task that gives its logits a meaning.

    Attributes:
        parts: the config of each of :data:`PARTS` that rebuilds it, its vocabulary learnt.
    """

    model: AcousticModel
    task: Task
    vocabulary: Vocabulary
    parts: Mapping[str, Any]


def make_encoder(parts: Mapping[str, Any]) -> tuple[Features, Encoder]:
    """Features and encoder alone, which need neither data nor vocabulary.

    Raises:
        InputError: a part refuses its config.
    """
    features = build(parts["features"], "features")
    return features, build(parts["model"], "model", in_channels=features.out_channels)


def make_vocabulary(parts: Mapping[str, Any]) -> Vocabulary:
    """The vocabulary alone, which may still have to learn its units.

    Raises:
        InputError: it refuses its config, or the task needs another kind.
    """
    vocabulary: Vocabulary = build(parts["vocabulary"], "vocabulary")
    try:
        locate(parts["task"]["_target_"]).refuse_other(vocabulary)
    except ValueError as error:
        raise InputError(f"task: {error}") from error
    return vocabulary


def assemble(
    parts: Mapping[str, Any], vocabulary: Vocabulary | None = None, augment: Any = None
) -> Recognizer:
    """Build the recogniser that ``parts`` describe, with fresh weights.

    Args:
        vocabulary: already learnt; built from its own part where not given.
        augment: a spectrogram augmentation for training.

    Raises:
        InputError: a part refuses its config, or the vocabulary is empty.
    """
    if vocabulary is None:
        vocabulary = make_vocabulary(parts)
    if not len(vocabulary):
        raise InputError("vocabulary: has no units yet; give them, or learn them from a corpus")
    task = build(parts["task"], "task", vocabulary=vocabulary)
    features, encoder = make_encoder(parts)
    try:
        head = task.make_head(encoder.out_channels, encoder.head_options)
    except ValueError as error:  # what the architecture says of a head goes with another task
        raise InputError(f"task: {error}") from error
    model = AcousticModel(features, encoder, head, augment)  # type: ignore[arg-type]
    learnt = {**parts["vocabulary"], **vocabulary.arguments}
    kept = {**{part: parts[part] for part in PARTS}, "vocabulary": learnt}
    kept["task"] = _portable(parts["task"])
    return Recognizer(model, task, vocabulary, kept)


def _portable(task: Mapping[str, Any]) -> Mapping[str, Any]:
    """The task with greedy decoding in place of a search that reads files of this machine.

    A recogniser goes elsewhere; there, another decoder and its files are chosen anew.
    """
    decoder = task.get("decoder")
    reads = isinstance(decoder, Mapping) and str(decoder["_target_"]).startswith(_READS_FILES)
    return {**task, "decoder": _GREEDY} if reads else task
