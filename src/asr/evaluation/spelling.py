"""Whether transcripts and labels can be spelt: by a model, or by what the training split holds."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from asr.assemble import Recognizer
from asr.data.index import Index
from asr.data.utterance import Utterance
from asr.evaluation.fault import Fault
from asr.text.units import Units

_EXAMPLES = 3


class Spelling(NamedTuple):
    """What transcripts and labels are held against.

    Attributes:
        name: how reports call it.
        unknown: what of an utterance cannot be spelt, and how often it occurs.
        normalize: brings a transcript into the form that is taught and scored.
    """

    name: str
    unknown: Callable[[Utterance], Counter[str]]
    normalize: Callable[[str], str]


class Outside(NamedTuple):
    """A symbol that cannot be spelt.

    Attributes:
        symbol: a character, word or label.
        occurrences: in the whole split.
        ids: of the first utterances in which it does.
    """

    split: str
    symbol: str
    occurrences: int
    ids: list[str]

    @property
    def told(self) -> str:
        return f"{self.occurrences} times outside the vocabulary, as in {', '.join(self.ids)}"


def spelling_of(recognizer: Recognizer | None, train: Index | None) -> Spelling:
    """The vocabulary of a model; else characters and labels as training would learn them."""
    if recognizer is not None:
        return _of_model(recognizer)
    if train is None:
        name = "nothing, for there is no training split"
        return Spelling(name, lambda _: Counter(), Units("character").normalize)
    return _of_training(train)


def outside(spelling: Spelling, indexes: Mapping[str, Index]) -> list[Outside]:
    """Every symbol of every split that cannot be spelt, the most frequent first."""
    found: dict[tuple[str, str], Outside] = {}
    for split, index in indexes.items():
        for utterance in index:
            for symbol, count in spelling.unknown(utterance).items():
                before = found.get((split, symbol), Outside(split, symbol, 0, []))
                ids = [*before.ids, utterance.id][:_EXAMPLES]
                found[split, symbol] = before._replace(
                    occurrences=before.occurrences + count, ids=ids
                )
    return sorted(found.values(), key=lambda item: (item.split, -item.occurrences, item.symbol))


def unspelt(spelling: Spelling, indexes: Mapping[str, Index]) -> Iterator[Fault]:
    """The utterances with anything that cannot be spelt."""
    for split, index in indexes.items():
        for utterance in index:
            if unknown := spelling.unknown(utterance):
                reason = f"outside the vocabulary: {', '.join(map(repr, sorted(unknown)[:5]))}"
                yield Fault("outside", split, utterance.id, reason, utterance.line)


def learnable(recognizer: Recognizer, indexes: Mapping[str, Index]) -> Iterator[Fault]:
    """The utterances that the model could not learn, with the reason."""
    task, model = recognizer.task, recognizer.model
    for split, index in indexes.items():
        for utterance in index:
            tokens = task.vocabulary.encode(task.vocabulary.normalize(task.target(utterance)))
            frames = model.frames(int((utterance.seconds or 0) * model.sample_rate))
            if reason := task.fault(tokens, frames):
                line = utterance.line or str(utterance.path)
                yield Fault("infeasible", split, utterance.id, reason, line)


def _of_model(recognizer: Recognizer) -> Spelling:
    task, vocabulary = recognizer.task, recognizer.vocabulary

    def unknown(utterance: Utterance) -> Counter[str]:
        return vocabulary.unknown(vocabulary.normalize(task.target(utterance)))

    return Spelling("the model", unknown, vocabulary.normalize)


def _of_training(train: Index) -> Spelling:
    plain = Units("character")
    characters = {c for text in train.values("text") for c in plain.normalize(text)}
    labels = set(train.counts("label"))

    def unknown(utterance: Utterance) -> Counter[str]:
        found = Counter(c for c in plain.normalize(utterance.text) if c not in characters)
        if utterance.label not in labels:
            found[utterance.label] += 1
        return found

    return Spelling("the training split", unknown, plain.normalize)
