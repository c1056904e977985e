"""Something in a corpus that should be mended."""

from typing import Literal, NamedTuple

Kind = Literal[
    "malformed",  # a row that cannot be read, or a split that is not there
    "duplicate",  # an id that occurs twice in a split
    "unusable",  # audio that cannot be read
    "infeasible",  # an utterance that the model could not learn
    "outside",  # a text or label that the vocabulary cannot spell
    "overlap",  # splits that share what they should not
    "conflict",  # the same audio with different texts or labels
    "silent",  # audio that is nothing but zeros
    "odd",  # audio that can be used, but should be looked at
]
STRUCTURAL: tuple[Kind, ...] = ("malformed", "duplicate")  # training refuses the whole corpus


class Fault(NamedTuple):
    """What is wrong, and where.

    Attributes:
        split: in which it was found.
        id: of the utterance, or of what is at fault.
        reason: in plain words.
        line: where the row was read, or its audio where it was not read from a file.
    """

    kind: Kind
    split: str
    id: str
    reason: str
    line: str = ""
