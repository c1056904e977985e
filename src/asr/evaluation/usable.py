"""The utterances of a source that a model can be evaluated on."""

from asr.data.index import Index
from asr.data.utterance import Utterance
from asr.errors import InputError
from asr.evaluation.source import Source
from asr.models.acoustic import AcousticModel


def usable(source: Source, model: AcousticModel) -> Index:
    """All utterances that give the model a frame at least.

    Raises:
        InputError: there are none.
    """

    def too_short(utterance: Utterance) -> str | None:
        samples = int((utterance.seconds or 0) * model.sample_rate)
        return None if model.frames(samples) else "too short: the model gives no frame"

    index = Index.of(source.utterances()).without(too_short)
    refuse_none(len(index), index, source.name)
    return index


def refuse_none(count: int, index: Index, name: str) -> None:
    """Tell why no utterance could be used, where ``count`` is 0.

    Raises:
        InputError: it is.
    """
    if count:
        return
    if not index.skipped:
        raise InputError(f"{name}: holds no utterances that can be read; check its split")
    first = index.skipped[0]
    raise InputError(
        f"{name}: none of {len(index.skipped)} utterances can be used (first: "
        f"{first.line or first.path}: {first.reason}); mend them"
    )
