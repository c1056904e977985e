"""What a corpus holds and what is wrong with it, before anything is trained on it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from asr.assemble import Recognizer
from asr.data.index import Index
from asr.data.limits import LONGEST, MOST_SKIPPED, SHORTEST
from asr.data.overlap import digests, place, shared
from asr.data.utterance import Utterance
from asr.evaluation.fault import Fault
from asr.evaluation.listening import listen
from asr.evaluation.refusals import refusals
from asr.evaluation.rows import Rows
from asr.evaluation.spelling import Outside, Spelling, learnable, outside, spelling_of, unspelt

_PERCENTILES = (0, 5, 25, 50, 75, 95, 100)


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
        bad: rows that could not be used, by split and id, with the reason; of a repeated id the
            first row can.
        refusals: why training would refuse the corpus as a whole, the gravest reason first.
    """

    splits: Mapping[str, SplitFacts]
    faults: Sequence[Fault]
    spelling: str
    outside: Sequence[Outside]
    bad: Mapping[tuple[str, str], str]
    refusals: Sequence[str]


def check(
    rows: Rows,
    recognizer: Recognizer | None = None,
    *,
    decode: bool = False,
    most_skipped: float = MOST_SKIPPED,
) -> Report:
    """Look at every utterance; no fault stops the search for others.

    Args:
        recognizer: whose vocabulary and frame rate the utterances have to suit; without one,
            transcripts and labels are held against those of the training split.
        decode: whether to read every sample, not only the headers.
        most_skipped: share of a split that training may leave out.
    """
    faults = list(rows.faults)
    indexes: dict[str, Index] = {}
    for split, utterances in rows.splits.items():
        once = Index.of(_once(split, utterances, faults), SHORTEST, LONGEST)
        index, heard = listen(split, once, decode=decode)
        indexes[split] = index
        faults += heard
        faults += [
            Fault("unusable", split, skipped.id, skipped.reason, skipped.line or skipped.path)
            for skipped in index.skipped
        ]
    spelling = spelling_of(recognizer, indexes.get("train"))
    strangers = outside(spelling, indexes)
    faults += [
        Fault("outside", stranger.split, stranger.symbol, stranger.told) for stranger in strangers
    ]
    if recognizer is None:
        faults += _wordless(indexes)
    else:
        faults += learnable(recognizer, indexes)
        faults += _upsampled(recognizer.model.sample_rate, indexes)
    contents = digests(row for index in indexes.values() for row in index)
    faults += _overlaps(rows.splits, contents)
    faults += _conflicts(indexes, contents)
    faults += _one_label(indexes)
    unusable = [fault for fault in faults if fault.kind in ("unusable", "infeasible")]
    unusable += unspelt(spelling, indexes) if recognizer is not None else []
    bad = {(fault.split, fault.id): fault.reason for fault in unusable}
    return Report(
        {split: _facts(index, len(rows.splits[split]), spelling)
         for split, index in indexes.items()},
        faults, spelling.name, strangers, bad,
        list(refusals(faults, _left_out(unusable), indexes, recognizer, most_skipped)),
    )  # fmt: skip


def _left_out(unusable: Iterable[Fault]) -> dict[tuple[str, str], str]:
    """What training would leave out; what cannot be learnt is still scored in the other splits."""
    return {
        (fault.split, fault.id): fault.reason
        for fault in unusable
        if fault.kind == "unusable" or fault.split not in ("val", "test")
    }


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


def _wordless(indexes: Mapping[str, Index]) -> Iterator[Fault]:
    for split, index in indexes.items():
        for row in index if split not in ("val", "test") else ():
            if not row.text.strip() and not row.label:
                where = row.line or str(row.path)
                yield Fault("unusable", split, row.id, "neither text nor label", where)


def _overlaps(
    splits: Mapping[str, Sequence[Utterance]], contents: Mapping[str, str]
) -> Iterator[Fault]:
    for one, other in combinations(splits, 2):
        for found in shared(splits[one], splits[other], contents):
            yield Fault("overlap", f"{one}/{other}", found.what, f"both have {found.told()}")


def _conflicts(indexes: Mapping[str, Index], contents: Mapping[str, str]) -> Iterator[Fault]:
    """The same audio with another text or label than it had before."""
    before: dict[tuple[str, float, float | None], Utterance] = {}
    for split, index in indexes.items():
        for row in index:
            where = contents.get(place(row), place(row))
            first = before.setdefault((where, row.offset, row.seconds), row)
            if (first.text, first.label) != (row.text, row.label):
                reason = (
                    f"the same audio as {first.line or first.id}, but {row.text or row.label!r} "
                    f"in place of {first.text or first.label!r}"
                )
                yield Fault("conflict", split, row.id, reason, row.line or str(row.path))


def _upsampled(sample_rate: int, indexes: Mapping[str, Index]) -> Iterator[Fault]:
    for split, index in indexes.items():
        for rate, count in sorted(index.rates.items()):
            if rate < sample_rate:
                reason = f"{count} clips are upsampled to the model's {sample_rate} Hz"
                yield Fault("odd", split, f"{rate} Hz", reason)


def _one_label(indexes: Mapping[str, Index]) -> Iterator[Fault]:
    labels = _named(indexes["train"], "label") if "train" in indexes else Counter[str]()
    if len(labels) == 1:
        [label] = labels
        yield Fault("odd", "train", label, "is the only label: there is nothing to tell apart")


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
