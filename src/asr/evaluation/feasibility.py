"""Whether the frames of a network are enough for the texts of a manifest, by the rule of CTC."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

from asr.assemble import Recognizer
from asr.data.index import Index
from asr.data.utterance import Utterance
from asr.errors import InputError
from asr.evaluation.rows import read_rows
from asr.evaluation.source import Source
from asr.models.acoustic import AcousticModel
from asr.tasks.ctc import CTC, frames_needed
from asr.text.printable import printable

_SHARE_LOST = 1000  # one in so many may become infeasible: 99.9 % stay
_SHOWN = 3
_TRAIN = "train"


class Infeasible(NamedTuple):
    """An utterance with fewer frames than its text needs.

    Attributes:
        frames: that the network gives for its duration.
        needed: labels, and a blank between equal neighbours.
        line: where the row was read.
    """

    id: str
    frames: int
    needed: int
    line: str


@dataclass(frozen=True, slots=True)
class Feasibility:
    """What a network's frame rate means for a manifest.

    Attributes:
        utterances: that were looked at: with audio and a text of at least one token.
        textless: utterances without a token, not looked at.
        unusable: utterances without audio that can be read, not looked at.
        outside: utterances with a unit that the vocabulary lacks, which counts for nothing.
        hop: feature frames from one output frame to the next.
        largest_hop: most feature frames for which 99.9 % would be feasible, each utterance of
            ``frames`` feature frames giving ``ceil(frames / hop)``; infinite if every text is one
            token, 0 if the features themselves are too few.
        feature_hop_ms: milliseconds from one feature frame to the next.
    """

    utterances: int
    infeasible: Sequence[Infeasible]
    textless: int
    unusable: int
    outside: int
    hop: int
    largest_hop: float
    feature_hop_ms: float

    def lines(self) -> Iterator[str]:
        """The figures as sentences."""
        few = ", ".join(
            f"{printable(item.id)} ({item.frames} frames, {item.needed} needed)"
            for item in self.infeasible[:_SHOWN]
        )
        more = ", ..." if len(self.infeasible) > _SHOWN else ""
        told = f": {few}{more}" if few else ""
        yield f"{len(self.infeasible)} of {self.utterances} utterances are infeasible{told}"
        yield f"{self._limit()}; this model has {self.hop * self.feature_hop_ms:.4g} ms"
        left = {
            "without a text": self.textless,
            "without audio that can be read": self.unusable,
            "with units outside the vocabulary, which are left out": self.outside,
        }
        if others := [f"{count} {what}" for what, count in left.items() if count]:
            yield f"besides: {'; '.join(others)}"

    def _limit(self) -> str:
        if not self.utterances:
            return "no utterance limits the hop"
        if self.largest_hop == inf:
            return "any hop keeps 99.9 % of them feasible"
        if not self.largest_hop:
            return f"no hop, not even the features' {self.feature_hop_ms:.4g} ms, is small enough"
        return (
            f"99.9 % of them are feasible up to a hop of "
            f"{self.largest_hop * self.feature_hop_ms:.4g} ms"
        )

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values; a hop without limit is ``None``."""
        limit = None if self.largest_hop == inf else int(self.largest_hop)
        return {
            "utterances": self.utterances,
            "infeasible": len(self.infeasible),
            "infeasible_utterances": [item._asdict() for item in self.infeasible],
            "without_text": self.textless,
            "unusable": self.unusable,
            "outside_vocabulary": self.outside,
            "hop_ms": self.hop * self.feature_hop_ms,
            "largest_hop_feature_frames": limit,
            "largest_hop_ms": None if limit is None else limit * self.feature_hop_ms,
        }


def read_manifest(file: Path, split: str | None = None) -> dict[str, list[Utterance]]:
    """The utterances of each split of a manifest, or of one.

    Raises:
        InputError: there is no such manifest or split, or a row is malformed.
    """
    rows = read_rows(Source(file, split=split))
    if rows.faults:
        first = rows.faults[0]
        raise InputError(
            f"{first.line}: {first.reason} ({len(rows.faults)} malformed rows in all; "
            "asr check --manifest names them)"
        )
    return rows.splits


def taught(splits: Mapping[str, Sequence[Utterance]]) -> Iterable[Utterance]:
    """The utterances from which training would learn a vocabulary: all, if none are named so."""
    return splits.get(_TRAIN) or [row for rows in splits.values() for row in rows]


def refuse_other_tasks(task: type) -> None:
    """Raise InputError unless the task is CTC, which alone needs frames for tokens."""
    if not issubclass(task, CTC):
        raise InputError(
            f"--manifest needs a CTC task, got {task.__name__}, which gives one label for any "
            "number of frames; leave it out"
        )


def feasibility(recognizer: Recognizer, splits: Mapping[str, Sequence[Utterance]]) -> Feasibility:
    """Hold every utterance against the network; headers are read, no audio is decoded.

    Raises:
        InputError: the task is not CTC, or an id occurs twice in a split.
    """
    refuse_other_tasks(type(recognizer.task))
    model, vocabulary = recognizer.model, recognizer.vocabulary
    indexes = [Index.of(rows) for rows in splits.values()]
    infeasible, largest = list[Infeasible](), list[float]()
    textless = outside = 0
    for utterance in (utterance for index in indexes for utterance in index):
        text = vocabulary.normalize(recognizer.task.target(utterance))
        tokens = vocabulary.encode(text)
        outside += bool(vocabulary.unknown(text))
        if not tokens:
            textless += 1
            continue
        samples, needed = int((utterance.seconds or 0) * model.sample_rate), frames_needed(tokens)
        largest.append(_largest_hop(model.features.output_length(samples), needed))
        if (frames := model.frames(samples)) < needed:
            infeasible.append(Infeasible(utterance.id, frames, needed, utterance.line))
    return Feasibility(
        utterances=len(largest),
        infeasible=infeasible,
        textless=textless,
        unusable=sum(len(index.skipped) for index in indexes),
        outside=outside,
        hop=model.encoder.span.stride,
        largest_hop=_kept_by_nearly_all(largest),
        feature_hop_ms=_feature_hop_ms(model),
    )


def _largest_hop(frames: int, needed: int) -> float:
    """The largest whole ``hop`` with ``ceil(frames / hop) >= needed``; 0 if there is none.

    >>> [_largest_hop(10, needed) for needed in (1, 2, 5, 10, 11)]
    [inf, 9, 2, 1, 0]
    """
    if needed == 1:
        return inf if frames else 0
    return max(frames - 1, 0) // (needed - 1)


def _kept_by_nearly_all(largest: Sequence[float]) -> float:
    """The hop that all but one in 1000 utterances, rounded down, can bear."""
    return sorted(largest)[len(largest) // _SHARE_LOST] if largest else inf


def _feature_hop_ms(model: AcousticModel) -> float:
    return 1000 * model.features.span.stride / model.sample_rate
