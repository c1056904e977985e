"""Whether the splits of a corpus are a fair test of one another: said, or refused, at the start."""

import logging
from collections.abc import Mapping
from itertools import combinations

from asr.data.index import Index
from asr.data.overlap import shared_rows
from asr.data.utterance import Split
from asr.errors import InputError
from asr.text.labels import Labels
from asr.text.printable import printable
from asr.text.vocabulary import Vocabulary

log = logging.getLogger("asr")


def compare(indexes: Mapping[Split, Index], *, refuse: bool) -> None:
    """Say what splits share.

    Args:
        refuse: whether training and test may share no utterance.

    Raises:
        InputError: they do share an id, a stretch of a recording, or a copy of one.
    """
    for one, other in combinations(indexes, 2):
        tested = (one, other) == ("train", "test")
        for found in shared_rows(indexes[one], indexes[other]):
            if tested and refuse and found.what != "speaker":
                raise InputError(
                    f"corpus: train and test share {found.told()}; a test on what was trained on "
                    "tells nothing, so mend the splits, or choose data.overlap=warn"
                )
            if tested or found.what != "speaker":
                log.warning("note: %s and %s share %s", one, other, printable(found.told()))


def say_if_one_label(vocabulary: Vocabulary) -> None:
    """Say that there is nothing to tell apart, where there is only one label."""
    if isinstance(vocabulary, Labels) and len(vocabulary) == 1:
        log.warning("note: %r is the only label, so any answer is right", vocabulary.symbols[0])
