"""Epochs that hold utterances with rare words several times."""

from array import array
from collections.abc import Iterable

import numpy as np

from asr.data.balance import Numbers
from asr.keyed import key

_BLOCK = 1 << 20  # words that are counted at a time


class RareWords:
    """Repeats an utterance the more often the rarer its rarest word is, in every epoch.

    By repeat factor sampling (Gupta et al., 2019, section 5, https://arxiv.org/abs/1908.03195):
    with a word in the share ``f`` of the utterances and the threshold ``t``, an utterance is there
    ``max(1, sqrt(t / f))`` times of its rarest word. What that has after the decimal point is
    spread over the epochs, so in the mean it is exact.

    Args:
        texts: of each row, as they are learnt.
        threshold: share of the utterances, above 0 to 1, in which a word must be not to be rare.
    """

    def __init__(self, texts: Iterable[str], threshold: float, seed: int) -> None:
        rarest = _rarest(texts)
        self.times = np.maximum(1.0, np.sqrt(threshold * len(rarest) / rarest))
        random = np.random.Philox(key=key(seed, "rare words"))
        self._begin = np.random.Generator(random).random(len(rarest))

    def rows(self, epoch: int) -> Numbers:
        """The rows of an epoch in their order, some of them more than once."""
        before, after = (
            np.floor(self.times * number + self._begin).astype(np.int64)
            for number in (epoch, epoch + 1)
        )
        return np.repeat(np.arange(len(self.times)), after - before)


def _rarest(texts: Iterable[str]) -> Numbers:
    """In how many of the texts the rarest word of each occurs; in all, where it has no word."""
    numbers = dict[str, int]()
    # A few bytes a word: of millions of texts, a set of words for each would fill the memory.
    words, begins = array("I"), array("q")
    for text in texts:
        begins.append(len(words))
        words.extend({numbers.setdefault(word, len(numbers)) for word in text.split()})
    told, bounds = np.asarray(words), np.asarray(begins)
    counts: Numbers = np.zeros(len(numbers), np.int64)
    for first in range(0, len(told), _BLOCK):
        counts += np.bincount(told[first : first + _BLOCK], minlength=len(numbers))
    rarest: Numbers = np.full(len(bounds), len(bounds), np.int64)
    worded = np.diff(bounds, append=len(told)) > 0
    if worded.any():
        rarest[worded] = np.minimum.reduceat(counts.astype(np.uint32)[told], bounds[worded])
    return rarest
