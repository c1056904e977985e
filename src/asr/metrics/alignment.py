"""Which unit of a hypothesis stands for which of its reference, and what is confused most."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from asr.metrics.edits import operations


class Pair(NamedTuple):
    """A unit of the reference and what was recognised in its place.

    Attributes:
        reference: ``None`` where the hypothesis has one too many.
        hypothesis: ``None`` where it has none.
    """

    reference: str | None
    hypothesis: str | None


def aligned(hypothesis: Sequence[str], reference: Sequence[str]) -> list[Pair]:
    """Both sequences side by side, with the fewest edits.

    >>> [tuple(pair) for pair in aligned("the cat sat".split(), "a cat".split())]
    [('a', 'the'), ('cat', 'cat'), (None, 'sat')]
    """
    pairs, heard, said = list[Pair](), 0, 0
    for edit in operations(hypothesis, reference):
        while said < edit.src_pos:  # what is between two edits is equal
            pairs.append(Pair(reference[said], hypothesis[heard]))
            said, heard = said + 1, heard + 1
        inserted, deleted = edit.tag == "insert", edit.tag == "delete"
        pairs.append(
            Pair(
                None if inserted else reference[said], None if deleted else hypothesis[heard]
            )
        )  # fmt: skip
        said, heard = said + (not inserted), heard + (not deleted)
    return pairs + list(map(Pair, reference[said:], hypothesis[heard:]))


def confusions(texts: Iterable[tuple[str, str]], most: int = 100) -> dict[str, list[list[Any]]]:
    """The words that were most often taken for another, missed or added, each with its count.

    Args:
        texts: hypotheses, each with its reference.
        most: of each kind.
    """
    counts: dict[str, Counter[tuple[str, ...]]] = {
        "substitutions": Counter(), "deletions": Counter(), "insertions": Counter(),
    }  # fmt: skip
    for hypothesis, reference in texts:
        for said, heard in aligned(hypothesis.split(), reference.split()):
            if said is None and heard is not None:
                counts["insertions"][heard,] += 1
            elif said is not None and heard is None:
                counts["deletions"][said,] += 1
            elif said is not None and heard is not None and said != heard:
                counts["substitutions"][said, heard] += 1
    return {
        kind: [[*words, count] for words, count in _first(found, most)]
        for kind, found in counts.items()
    }


def _first(found: Counter[tuple[str, ...]], most: int) -> list[tuple[tuple[str, ...], int]]:
    """The most frequent; of equals those first in the alphabet, whatever the order of the data."""
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:most]
