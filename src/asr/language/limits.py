"""How much of what may be said a beam search keeps."""

from typing import NamedTuple


class Limits(NamedTuple):
    """What a search gives up for its speed.

    Attributes:
        width: beginnings of transcripts kept after each frame.
        classes: most probable classes tried in each frame; the rest is passed over.
        threshold: beginnings this much worse than the best are dropped, in natural logarithms.
    """

    width: int
    classes: int
    threshold: float
