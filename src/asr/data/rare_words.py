"""Epochs that hold utterances with rare words several times."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from asr.data.balance import Numbers
from asr.keyed import key


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
        words = [set(text.split()) for text in texts]
        counts = Counter(word for each in words for word in each)
        rarest = [min((counts[word] for word in each), default=len(words)) for each in words]
        self.times = np.maximum(1.0, np.sqrt(threshold * len(words) / np.array(rarest)))
        random = np.random.Philox(key=key(seed, "rare words"))
        self._begin = np.random.Generator(random).random(len(words))

    def rows(self, epoch: int) -> Numbers:
        """The rows of an epoch in their order, some of them more than once."""
        before, after = (
            np.floor(self.times * number + self._begin).astype(np.int64)
            for number in (epoch, epoch + 1)
        )
        return np.repeat(np.arange(len(self.times)), after - before)
