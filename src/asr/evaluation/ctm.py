"""Words with their times as CTM, one a line, which NIST's sclite and Kaldi read."""

import re
from collections.abc import Sequence

from asr.evaluation.word_times import Word

_CHANNEL = 1


def ctm(name: str, words: Sequence[Word]) -> str:
    r"""Recording, channel, begin and duration in seconds, word, confidence.

    White space in ``name``, which would part columns, becomes ``_``.

    >>> ctm("a b", [Word("one", 0.25, 0.75, 0.875)])
    'a_b 1 0.250 0.500 one 0.8750\n'
    """
    recording = re.sub(r"\s", "_", name)
    return "".join(
        f"{recording} {_CHANNEL} {word.begin:.3f} {word.end - word.begin:.3f} "
        f"{word.text} {word.confidence:.4f}\n"
        for word in words
    )
