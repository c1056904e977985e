"""How well the texts alone can be guessed: what a network that hears nothing could reach."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

Tokens = Sequence[int]
_BEGIN = -1


def guessing_loss(taught: Iterable[Tokens], asked: Iterable[Tokens], symbols: int) -> float:
    """Nats per token of each of ``asked``, on average, by a bigram model of ``taught``.

    A network that knows where the tokens are and which follow which, but not how they sound, does
    no better. Of utterances of one token it is the entropy of the labels, about. The model is
    interpolated (Witten and Bell, 1991, method C), down to all symbols alike.

    >>> round(guessing_loss([[0, 1], [2, 1]] * 50, [[0, 1]], 3), 2)  # which of two, then certain
    0.36

    Returns:
        NaN if ``asked`` has no tokens.
    """
    pairs: dict[int, Counter[int]] = defaultdict(Counter)
    singles: Counter[int] = Counter()
    for tokens in taught:
        singles.update(tokens)
        for before, token in pairwise([_BEGIN, *tokens]):
            pairs[before][token] += 1
    total = singles.total()

    def single(token: int) -> float:
        return (singles[token] + len(singles) / symbols) / max(total + len(singles), 1)

    def pair(before: int, token: int) -> float:
        after = pairs.get(before)
        if after is None:
            return single(token)
        return (after[token] + len(after) * single(token)) / (after.total() + len(after))

    losses = [
        -sum(math.log(pair(*both) or 1 / symbols) for both in pairwise([_BEGIN, *tokens]))
        / len(tokens)
        for tokens in asked
        if tokens
    ]
    return sum(losses) / len(losses) if losses else math.nan


def rare_share(taught: Iterable[Tokens], fewest: float, scale: float = 1.0) -> float:
    """Part of the tokens whose symbol occurs fewer than ``fewest`` times.

    Args:
        scale: times that each of ``taught`` stands for another that was not looked at.

    >>> rare_share([[0, 0, 0, 1]], fewest=2)
    0.25
    """
    counts = Counter(token for tokens in taught for token in tokens)
    rare = sum(count for count in counts.values() if count * scale < fewest)
    return rare / max(counts.total(), 1)
