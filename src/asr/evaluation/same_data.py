"""Two evaluations side by side, if they are of the same utterances."""

from collections.abc import Sequence

from asr.errors import InputError
from asr.evaluation.evaluation_folder import EvaluationFolder
from asr.evaluation.measures import Row, is_transcripts


def matched(a: EvaluationFolder, b: EvaluationFolder) -> tuple[Sequence[Row], Sequence[Row]]:
    """The rows of both, in the order of the first.

    Raises:
        InputError: their ids or references differ, or one is of labels and one of transcripts.
    """
    if is_transcripts(a.rows) != is_transcripts(b.rows):
        of_a, of_b = ("transcripts" if is_transcripts(each.rows) else "labels" for each in (a, b))
        raise InputError(f"{a.path} is of {of_a}, but {b.path} of {of_b}; compare like with like")
    there = {row["id"]: row for row in b.rows}
    only_a = [row["id"] for row in a.rows if row["id"] not in there]
    known = {row["id"] for row in a.rows}
    only_b = [row["id"] for row in b.rows if row["id"] not in known]
    if only_a or only_b:
        raise InputError(
            f"{a.path} and {b.path} are not of the same utterances: {_some(only_a)} only in the "
            f"first, {_some(only_b)} only in the second; evaluate both models on the same data"
        )
    rows = [there[row["id"]] for row in a.rows]
    other = [
        (left, right)
        for left, right in zip(a.rows, rows, strict=True)
        if left["reference"] != right["reference"]
    ]
    if other:
        left, right = other[0]
        raise InputError(
            f"{a.path} and {b.path} have other references for {_some([x['id'] for x, _ in other])}:"
            f" {left['reference']!r} and {right['reference']!r}; evaluate both with the same "
            "--scoring"
        )
    return a.rows, rows


def _some(ids: Sequence[str]) -> str:
    return f"{len(ids)} (first: {ids[0]!r})" if ids else "none"
