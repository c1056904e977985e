"""N-gram models by modified Kneser-Ney smoothing (Chen and Goodman, 1998, section 3).

Interpolated, as in section 4.2; the discounts of an order too small to estimate them are fixed.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from asr.errors import InputError

Gram = tuple[str, ...]
_FALLBACK = (0.5, 1.0, 1.5)  # discounts where the counts of counts give none, as in KenLM
_LEAST = -99.0  # log10 of what is never predicted: <s>


class _Order(NamedTuple):
    probabilities: dict[Gram, float]
    backoffs: dict[Gram, float]  # of each context, the share left to the lower order


def train_arpa(sentences: Iterable[str], order: int) -> Iterator[str]:
    """The lines of an ARPA file learnt from ``sentences``, words parted by white space.

    For each context, the probabilities of all words, ``</s>`` and ``<unk>`` sum to 1.

    Args:
        order: words of the longest n-grams, from 1.

    Raises:
        InputError: there are no words, or a word is a mark of the format.
    """
    counts = _adjusted(_counted(sentences, order))
    words = [*sorted(gram[0] for gram in counts[0]), "<unk>"]
    orders = [_unigrams(counts[0], words)]
    for grams in counts[1:]:
        orders.append(_interpolated(grams, orders[-1].probabilities))
    yield "\\data\\"
    for n, found in enumerate(orders, start=1):
        yield f"ngram {n}={len(found.probabilities) + (n == 1)}"
    for n, found in enumerate(orders, start=1):
        yield f"\n\\{n}-grams:"
        backoffs = orders[n].backoffs if n < order else {}
        if n == 1:
            yield _line(("<s>",), _LEAST, backoffs)
        for gram, probability in sorted(found.probabilities.items()):
            yield _line(gram, math.log10(probability), backoffs)
    yield "\n\\end\\"


def write_arpa(sentences: Iterable[str], order: int, path: Path) -> None:
    """Write the model beside ``path``, and move it there once it is whole.

    Raises:
        InputError: there is a folder, or nothing can be learnt.
    """
    if path.is_dir():
        raise InputError(f"{path}: is a folder; give a file to write")
    beside = path.with_name(f".{path.name}.writing")
    try:
        with beside.open("w", encoding="utf-8") as out:
            out.writelines(line + "\n" for line in train_arpa(sentences, order))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _counted(sentences: Iterable[str], order: int) -> list[Counter[Gram]]:
    counts: list[Counter[Gram]] = [Counter() for _ in range(order)]
    for sentence in sentences:
        words = sentence.split()
        if marks := {"<s>", "</s>", "<unk>"} & set(words):
            raise InputError(f"{min(marks)} is no word but a mark of language models; remove it")
        if not words:
            continue
        padded = ("<s>", *words, "</s>")
        for n in range(1, order + 1):
            counts[n - 1].update(padded[i : i + n] for i in range(len(padded) - n + 1))
    counts[0].pop(("<s>",), None)  # it is never predicted
    if not counts[0]:
        raise InputError("no words to learn a language model from: the text is empty")
    return counts


def _adjusted(counts: list[Counter[Gram]]) -> list[Counter[Gram]]:
    """Below the highest order, in how many contexts a gram stands in place of how often."""
    adjusted: list[Counter[Gram]] = []
    for grams, longer in pairwise(counts):
        contexts = Counter(gram[1:] for gram in longer)
        # Nothing stands before the beginning of a sentence.
        adjusted.append(Counter({g: n if g[0] == "<s>" else contexts[g] for g, n in grams.items()}))
    return [*adjusted, counts[-1]]


def _unigrams(counts: Counter[Gram], words: list[str]) -> _Order:
    uniform: dict[Gram, float] = {(): 1 / len(words)}
    found = _interpolated(counts, uniform)
    left = found.backoffs[()] / len(words)
    return _Order({**found.probabilities, ("<unk>",): left}, found.backoffs)


def _interpolated(counts: Counter[Gram], lower: dict[Gram, float]) -> _Order:
    discounts = _discounts(counts)
    totals: dict[Gram, int] = defaultdict(int)
    freed: dict[Gram, float] = defaultdict(float)
    for gram, count in counts.items():
        totals[gram[:-1]] += count
        freed[gram[:-1]] += discounts[min(count, 3) - 1]
    backoffs = {context: freed[context] / total for context, total in totals.items()}
    probabilities = {
        gram: (count - discounts[min(count, 3) - 1]) / totals[gram[:-1]]
        + backoffs[gram[:-1]] * lower[gram[1:]]
        for gram, count in counts.items()
    }
    return _Order(probabilities, backoffs)


def _discounts(counts: Counter[Gram]) -> tuple[float, ...]:
    """What is taken from counts of 1, of 2 and of more (equation 26)."""
    those = Counter(counts.values())
    if not all(those[n] for n in (1, 2, 3, 4)):
        return _FALLBACK
    y = those[1] / (those[1] + 2 * those[2])
    found = tuple(n - (n + 1) * y * those[n + 1] / those[n] for n in (1, 2, 3))
    fits = all(0 < discount < n for n, discount in enumerate(found, start=1))
    return found if fits else _FALLBACK


def _line(gram: Gram, log10: float, backoffs: dict[Gram, float]) -> str:
    line = f"{log10:.7f}\t{' '.join(gram)}"
    return f"{line}\t{math.log10(backoffs[gram]):.7f}" if gram in backoffs else line
