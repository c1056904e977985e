"""What a corpus holds and what is wrong with it, before anything is trained on it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from asr.assemble import Recognizer
from asr.data.audio import AudioError, Channel, read_audio
from asr.data.index import Index
from asr.data.utterance import Utterance
from asr.evaluation.fault import STRUCTURAL, Fault
from asr.evaluation.rows import Rows
from asr.evaluation.spelling import Outside, Spelling, learnable, outside, spelling_of

_PERCENTILES = (0, 5, 25, 50, 75, 95, 100)
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class SplitFacts:
    """What the usable utterances of one split hold.

    Attributes:
        rows: that were read, usable or not.
        rates: utterances at each sample rate, in hertz.
        channels: utterances with each number of channels.
        seconds: duration at some percentiles.
        words, characters: how often each occurs in normalised transcripts.
        labels, speakers: utterances of each.
    """

    rows: int
    clips: int
    hours: float
    rates: Counter[int]
    channels: Counter[int]
    seconds: Mapping[int, float]
    words: Counter[str]
    characters: Counter[str]
    labels: Counter[str]
    speakers: Counter[str]


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found.

    Attributes:
        spelling: what transcripts and labels were held against.
        outside: what that cannot spell.
    """

    splits: Mapping[str, SplitFacts]
    faults: Sequence[Fault]
    spelling: str
    outside: Sequence[Outside]

    @property
    def structural(self) -> list[Fault]:
        """The faults for which training refuses the whole corpus."""
        return [fault for fault in self.faults if fault.kind in STRUCTURAL]


def check(rows: Rows, recognizer: Recognizer | None = None, *, decode: bool = False) -> Report:
    """Look at every utterance; no fault stops the search for others.

    Args:
        recognizer: whose vocabulary and frame rate the utterances have to suit; without one,
            transcripts and labels are held against those of the training split.
        decode: whether to read every sample, not only the headers.
    """
    faults = list(rows.faults)
    indexes: dict[str, Index] = {}
    for split, utterances in rows.splits.items():
        once = _once(split, utterances, faults)
        indexes[split] = _decoded(split, Index.of(once), faults) if decode else Index.of(once)
        faults += [
            Fault("unusable", split, skipped.id, skipped.reason, skipped.line or skipped.path)
            for skipped in indexes[split].skipped
        ]
    spelling = spelling_of(recognizer, indexes.get("train"))
    strangers = outside(spelling, indexes)
    faults += [
        Fault("outside", stranger.split, stranger.symbol, stranger.told) for stranger in strangers
    ]
    if recognizer is not None:
        faults += learnable(recognizer, indexes)
    faults += _overlaps(rows.splits)
    facts = {
        split: _facts(index, len(rows.splits[split]), spelling) for split, index in indexes.items()
    }
    return Report(facts, faults, spelling.name, strangers)


def _once(split: str, utterances: Iterable[Utterance], faults: list[Fault]) -> Iterator[Utterance]:
    seen: dict[str, str] = {}
    for utterance in utterances:
        line = utterance.line or str(utterance.path)
        if utterance.id in seen:
            reason = f"the id was there before, in {seen[utterance.id]}"
            faults.append(Fault("duplicate", split, utterance.id, reason, line))
            continue
        seen[utterance.id] = line
        yield utterance


def _decoded(split: str, index: Index, faults: list[Fault]) -> Index:
    """The index without what cannot be decoded; what is silent is noted."""
    rates = list(index.values("rate"))

    def read(row: int) -> str | None:
        utterance = index[row]
        try:
            waveform = read_audio(
                utterance.path, rates[row], offset=utterance.offset, seconds=utterance.seconds,
                window=utterance.window, channel=_channel(utterance),
            )  # fmt: skip
        except AudioError as error:
            return str(error).removeprefix(f"{utterance.path}: ")
        if not waveform.any():
            line = utterance.line or str(utterance.path)
            reason = "every sample is zero, once its channels are mixed"
            faults.append(Fault("silent", split, utterance.id, reason, line))
        return None

    with ThreadPoolExecutor() as pool:
        reasons = pool.map(read, range(len(index)))
        return index.without(lambda _: next(reasons))


def _channel(utterance: Utterance) -> Channel:
    return "mix" if utterance.channel is None else utterance.channel


def _overlaps(splits: Mapping[str, Sequence[Utterance]]) -> Iterator[Fault]:
    for one, other in combinations(splits, 2):
        for what in ("id", "path", "speaker"):
            values = [{str(getattr(row, what)) for row in splits[split]} for split in (one, other)]
            if shared := sorted((values[0] & values[1]) - {""}):
                told = ", ".join(shared[:_EXAMPLES]) + (", ..." if len(shared) > _EXAMPLES else "")
                reason = f"{len(shared)} {what}{'s' * (len(shared) > 1)} in both: {told}"
                yield Fault("overlap", f"{one}/{other}", what, reason)


def _facts(index: Index, rows: int, spelling: Spelling) -> SplitFacts:
    words, characters = Counter[str](), Counter[str]()
    for text in index.values("text"):
        normal = spelling.normalize(text)
        words.update(normal.split())
        characters.update(normal)
    shares = _PERCENTILES if len(index) else ()
    return SplitFacts(
        rows=rows,
        clips=len(index),
        hours=index.hours,
        rates=index.rates,
        channels=index.channels,
        seconds={share: float(np.percentile(index.seconds, share)) for share in shares},
        words=words,
        characters=characters,
        labels=_named(index, "label"),
        speakers=_named(index, "speaker"),
    )


def _named(index: Index, column: str) -> Counter[str]:
    found = index.counts(column)
    found.pop("", None)
    return found
