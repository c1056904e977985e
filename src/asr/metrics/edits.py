"""The least edits that turn a reference into a hypothesis (Levenshtein, 1966)."""

from collections.abc import Hashable, Sequence
from math import inf
from typing import NamedTuple

from rapidfuzz.distance import Editops, Levenshtein


class Edits(NamedTuple):
    """How a hypothesis differs from its reference, counted in units: words or characters.

    Attributes:
        substitutions: units that stand where another should.
        deletions: units of the reference that are missing.
        insertions: units that are not in the reference.
        length: units in the reference.
    """

    substitutions: int
    deletions: int
    insertions: int
    length: int

    @property
    def errors(self) -> int:
        """Edits of all three kinds."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float:
        """Errors per unit of the reference.

        An empty reference has rate 0 where nothing was inserted and is infinite otherwise:
        any finite number would rank a hypothesis that made words out of silence.
        """
        if self.length:
            return self.errors / self.length
        return inf if self.errors else 0.0


def edits(hypothesis: Sequence[Hashable], reference: Sequence[Hashable]) -> Edits:
    """The fewest edits from ``reference`` to ``hypothesis``, unit by unit.

    >>> edits([1, 2, 9], [1, 2, 3, 4])
    Edits(substitutions=1, deletions=1, insertions=0, length=4)
    """
    tags = [edit.tag for edit in operations(hypothesis, reference)]
    return Edits(tags.count("replace"), tags.count("delete"), tags.count("insert"), len(reference))


def operations(hypothesis: Sequence[Hashable], reference: Sequence[Hashable]) -> Editops:
    """The edits one by one: ``src_pos`` is the place in the reference."""
    # rapidfuzz compares hashes, which differ less than the units do: hash(-1) == hash(-2).
    ids: dict[Hashable, int] = {}
    source = [ids.setdefault(unit, len(ids)) for unit in reference]
    target = [ids.setdefault(unit, len(ids)) for unit in hypothesis]
    return Levenshtein.editops(source, target)


def word_edits(hypothesis: str, reference: str) -> Edits:
    """Edits between the words of two texts, which any white space separates.

    >>> word_edits("the cat sat", "a cat sat down").rate
    0.5
    """
    return edits(hypothesis.split(), reference.split())


def character_edits(hypothesis: str, reference: str) -> Edits:
    """Edits between the characters of two texts, spaces included.

    >>> character_edits("kitten", "sitting").errors
    3
    """
    return edits(hypothesis, reference)
