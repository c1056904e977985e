"""What of utterances that were scored is counted, and how sure the rates over them are."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from asr.metrics.bootstrap import Blocks, Numbers, blocks_of, divided, interval, resampled
from asr.metrics.wilson import wilson

Row = Mapping[str, Any]  # as utterances.jsonl holds it
RESAMPLES, SEED = 2000, 0


class Measure(NamedTuple):
    """A rate as a sum over utterances, divided by another.

    Attributes:
        parts: errors of each utterance, or whether it is right.
        wholes: its words or characters, or 1.
    """

    parts: Numbers
    wholes: Numbers

    @property
    def rate(self) -> float:
        """Over all utterances."""
        return float(divided(self.parts.sum(), self.wholes.sum()))


def is_transcripts(rows: Sequence[Row]) -> bool:
    """Whether the rows are of transcripts, not of labels."""
    return bool(rows) and "words" in rows[0]


def right(row: Row) -> bool:
    """Whether all of an utterance was recognised."""
    return bool(row["hypothesis"] == row["reference"])


def measures(rows: Sequence[Row]) -> dict[str, Measure]:
    """``wer`` and ``cer`` of transcripts; ``accuracy`` of labels."""
    if not is_transcripts(rows):
        ones = np.ones(len(rows))
        return {"accuracy": Measure(_column([right(row) for row in rows]), ones)}
    words = [row["substitutions"] + row["deletions"] + row["insertions"] for row in rows]
    return {
        "wer": Measure(_column(words), _column([row["words"] for row in rows])),
        "cer": Measure(
            _column([row["character_edits"] for row in rows]),
            _column([row["characters"] for row in rows]),
        ),
    }


def intervals(
    found: Mapping[str, Measure], blocks: Blocks, resamples: int = RESAMPLES
) -> dict[str, tuple[float, float]]:
    """The 95 % interval of each rate: a bootstrap over blocks, all from the same draws.

    An accuracy over independent utterances has Wilson's, which holds where all are right too.
    """
    if blocks.by == "utterance" and set(found) == {"accuracy"}:
        [(right, total)] = ((m.parts.sum(), m.wholes.sum()) for m in found.values())
        return {"accuracy": wilson(float(right), float(total))}
    columns = [column for measure in found.values() for column in measure]
    sums = resampled(np.stack(columns, 1), blocks, resamples=resamples, seed=SEED)
    return {
        name: interval(divided(sums[:, 2 * k], sums[:, 2 * k + 1])) for k, name in enumerate(found)
    }


def macro_f1_interval(rows: Sequence[Row], blocks: Blocks) -> tuple[float, float]:
    """The 95 % interval of :func:`~asr.metrics.confusion.macro_f1`, by the bootstrap."""
    labels = {label: k for k, label in enumerate(rows[0]["probabilities"])}
    count = len(labels)
    counts = np.zeros((len(rows), 3 * count + 1))  # right, predicted, references, unseen
    for number, row in enumerate(rows):
        heard, said = labels[row["hypothesis"]], labels.get(row["reference"])
        counts[number, count + heard] = 1
        counts[number, 3 * count if said is None else 2 * count + said] = 1
        counts[number, heard] = said == heard
    sums = resampled(counts, blocks, resamples=RESAMPLES, seed=SEED)
    hits, heard_, said_ = (sums[:, k * count : (k + 1) * count] for k in range(3))
    occurs = ((heard_ + said_) > 0).sum(1) + (sums[:, -1] > 0)
    f1 = 2 * hits / np.maximum(heard_ + said_, 1)
    return interval(f1.sum(1) / np.maximum(occurs, 1))


def blocked(rows: Sequence[Row]) -> Blocks:
    """The blocks that are drawn in these rows."""
    return blocks_of([row["speaker"] for row in rows])


def _column(values: Sequence[float]) -> Numbers:
    return np.array(values, np.float64)
