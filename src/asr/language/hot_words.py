"""Words and phrases that are to be heard more readily."""

from collections.abc import Callable, Container, Mapping
from pathlib import Path

from asr.errors import InputError
from asr.language.lexicon import text_of

Phrase = tuple[str, ...]
BOOST = 3.0  # of a line without a number; e^3, twenty times as probable
_MOST = 50.0  # beyond it, nothing but hot words would be heard


class HotWords:
    """Adds the boost of a phrase wherever it is said.

    While a phrase is being said, its share of the boost is lent, so that the beam does not lose
    it on the way; where the phrase is not completed it is taken back. So what a transcript has
    gained in the end is the sum of the boosts of all phrases in it, overlapping ones too.

    Args:
        boosts: of each phrase, in natural logarithms.
    """

    def __init__(self, boosts: Mapping[Phrase, float]) -> None:
        self.boosts = dict(boosts)
        self._lent: dict[Phrase, float] = {(): 0.0}  # of each beginning of a phrase
        for phrase, boost in boosts.items():
            for said in range(1, len(phrase)):
                share = max(boost, 0.0) * said / len(phrase)
                self._lent[phrase[:said]] = max(self._lent.get(phrase[:said], 0.0), share)
        self._longest = max(map(len, boosts), default=0)

    @property
    def words(self) -> list[str]:
        """All that occur in phrases."""
        return sorted({word for phrase in self.boosts for word in phrase})

    def normal(self, known: Container[str], normalize: Callable[[str], str]) -> "HotWords":
        """The same with each word that is not known in its normal form."""
        boosts = {
            tuple(
                form
                for word in phrase
                for form in ([word] if word in known else normalize(word).split())
            ): boost
            for phrase, boost in self.boosts.items()
        }
        boosts.pop((), None)
        return HotWords(boosts)

    def start(self) -> Phrase:
        """Nothing of a phrase is said."""
        return ()

    def score(self, said: Phrase, word: str) -> tuple[Phrase, float]:
        """What of a phrase is said after ``word``, and what that adds."""
        now = (*said, word)[-self._longest :] if self._longest else ()
        tails = [now[begin:] for begin in range(len(now))]
        gained = sum(self.boosts.get(tail, 0.0) for tail in tails)
        after = next((tail for tail in tails if tail in self._lent), ())
        return after, gained + self._lent[after] - self._lent[said]

    def finish(self, said: Phrase) -> float:
        """What the end of the transcript takes back."""
        return -self._lent[said]


def read_hot_words(path: Path) -> HotWords:
    """Read a word or phrase a line; after a tab may stand its boost, which is 3 otherwise.

    Raises:
        InputError: the file cannot be read, or a boost is no number; names the line.
    """
    boosts: dict[Phrase, float] = {}
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        text, _, given = line.partition("\t")
        if not (phrase := tuple(text.split())):
            continue
        try:
            boost = float(given) if given.strip() else BOOST
        except ValueError:
            boost = _MOST + 1
        if not -_MOST <= boost <= _MOST:
            raise InputError(
                f"{path}:{number}: the boost must be a number from -50 to 50, got {given.strip()!r}"
            )
        boosts[phrase] = boost
    if not boosts:
        raise InputError(f"{path}: holds no words; write a word or phrase a line")
    return HotWords(boosts)
