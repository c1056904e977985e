"""Why training, with its settings as they come, would refuse a corpus as a whole."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from asr.assemble import Recognizer
from asr.data.index import Index
from asr.evaluation.fault import STRUCTURAL, Fault
from asr.text.labels import Labels


def refusals(
    faults: Sequence[Fault],
    bad: Mapping[tuple[str, str], str],
    indexes: Mapping[str, Index],
    recognizer: Recognizer | None,
    most: float,
) -> Iterator[str]:
    """Each reason in a line, the gravest first.

    Args:
        faults: that were found.
        bad: reasons by split and id, of the rows that training would leave out.
        indexes: of the splits, less what cannot be decoded, which is among their skipped rows.
        recognizer: that is to be trained, if it is known.
        most: share of a split that may be left out.
    """
    structural = [fault for fault in faults if fault.kind in STRUCTURAL]
    if structural:
        first = structural[0]
        yield (
            f"{len(structural)} malformed or repeated rows (first: {first.line or first.split}: "
            f"{first.reason}); mend them"
        )
    for split, index in indexes.items():
        rows = len(index) + len(index.skipped)
        left_out = {name: reason for (of, name), reason in bad.items() if of == split}
        if len(left_out) == rows or len(left_out) > most * rows:
            yield _too_many(split, rows, left_out, most)
    of_labels = _are_labels(recognizer, indexes)
    for fault in faults:
        if fault.kind == "overlap" and fault.id != "speaker" and _is_of_test(fault.split):
            yield (
                f"train and test share {fault.reason.removeprefix('both have ')}; mend the "
                "splits, or train with data.overlap=warn"
            )
        elif fault.kind == "outside" and fault.split in ("val", "test") and of_labels:
            yield f"{fault.split} has the label {fault.id!r}, which training has not; mend it"


def _too_many(split: str, rows: int, left_out: Mapping[str, str], most: float) -> str:
    if not rows:
        return f"the {split} split is empty; check its rows"
    counted = Counter(reason.partition(":")[0] for reason in left_out.values())
    told = ", ".join(f"{count} {reason}" for reason, count in counted.most_common(3))
    name, reason = next(iter(left_out.items()))
    return (
        f"{len(left_out)} of {rows} {split} utterances cannot be used ({told}; first: {name}: "
        f"{reason}), more than {most:.3g} of them; mend them, leave them out with --good, or allow "
        "more with --max-skip-fraction and data.max_skip_fraction"
    )


def _is_of_test(splits: str) -> bool:
    return set(splits.split("/")) == {"train", "test"}


def _are_labels(recognizer: Recognizer | None, indexes: Mapping[str, Index]) -> bool:
    """Whether labels are trained: by the model, else where there are no texts."""
    if recognizer is not None:
        return isinstance(recognizer.vocabulary, Labels)
    return "train" in indexes and not any(indexes["train"].values("text"))
