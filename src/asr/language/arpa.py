"""N-gram language models in ARPA files, read without a compiler."""

import gzip
import math
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from asr.errors import InputError
from asr.regular_file import refuse_endless

State = tuple[str, ...]  # the last words, as many as the model looks at
_COUNT = re.compile(r"ngram (\d+)=(\d+)")
_UNKNOWN = -100.0  # log10, where the file gives <unk> no probability; as in KenLM


class _Entry(NamedTuple):
    probability: float  # log10
    backoff: float  # log10


class ArpaModel:
    """A back-off model: the probability of a word after the words before it.

    Args:
        entries: of each n-gram, log10 of its probability and of its back-off weight.
        order: of the longest n-grams.
    """

    def __init__(self, entries: dict[State, _Entry], order: int) -> None:
        self.order = order
        self._entries = {("<unk>",): _Entry(_UNKNOWN, 0.0), **entries}

    @property
    def words(self) -> list[str]:
        """What it knows, without the marks of beginning, end and unknown."""
        marks = {"<s>", "</s>", "<unk>"}
        return sorted(gram[0] for gram in self._entries if len(gram) == 1 and gram[0] not in marks)

    def start(self) -> State:
        """Before the first word of a sentence."""
        return ("<s>",)[: self.order - 1]

    def anywhere(self) -> State:
        """After words that are not known; here words have their unigrams."""
        return ()

    def score(self, state: State, word: str) -> tuple[State, float]:
        """The state after ``word``, and log10 of its probability."""
        word = word if (word,) in self._entries else "<unk>"
        kept = self.order - 1
        after = (*state, word)[-kept:] if kept else ()
        total = 0.0
        for begin in range(len(state) + 1):
            context = state[begin:]
            if found := self._entries.get((*context, word)):
                return after, total + found.probability
            total += self._entries[context].backoff if context in self._entries else 0.0
        raise AssertionError("every word has a unigram")

    def finish(self, state: State) -> float:
        """Log10 of the probability that the sentence ends here."""
        return self.score(state, "</s>")[1]

    def sentence(self, words: Sequence[str]) -> float:
        """Log10 of the probability of a whole sentence, its end included."""
        state, total = self.start(), 0.0
        for word in words:
            state, score = self.score(state, word)
            total += score
        return total + self.finish(state)


def read_arpa(path: Path) -> ArpaModel:
    """Read an ``.arpa`` or ``.arpa.gz`` file.

    Raises:
        InputError: it cannot be read, or is no well-formed ARPA file; names the line.
    """
    refuse_endless(path)
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8") as lines:
            return _parsed(_Lines(path, lines))
    except (OSError, EOFError, UnicodeError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: cannot be read as ARPA ({reason}); give another") from error


class _Lines:
    """The lines that are not empty, and where we are."""

    def __init__(self, path: Path, lines: Iterator[str]) -> None:
        self.path, self.lines, self.number = path, lines, 0

    def next(self, wanted: str) -> str:
        for line in self.lines:
            self.number += 1
            if stripped := line.strip(" \t\r\n"):
                return stripped
        raise self.fault("the file ends", wanted)

    def fault(self, came: str, wanted: str) -> InputError:
        return InputError(
            f"{self.path}:{self.number}: {came}; an ARPA file has {wanted} here; write it anew"
        )


def _parsed(lines: _Lines) -> ArpaModel:
    line = lines.next("\\data\\")
    if line != "\\data\\":
        raise lines.fault(repr(line[:40]), "\\data\\")
    counts: list[int] = []
    while found := _COUNT.fullmatch(line := lines.next("counts or \\1-grams:")):
        if int(found[1]) != len(counts) + 1:
            raise lines.fault(repr(line), f"ngram {len(counts) + 1}=")
        counts.append(int(found[2]))
    if not counts:
        raise lines.fault(repr(line[:40]), "ngram 1=")
    entries: dict[State, _Entry] = {}
    for order, count in enumerate(counts, start=1):
        if line != f"\\{order}-grams:":
            raise lines.fault(repr(line[:40]), f"\\{order}-grams:")
        for _ in range(count):
            gram, entry = _entry(lines, order, order == len(counts))
            if gram in entries:
                raise lines.fault(f"{' '.join(gram)!r} stands twice", "each n-gram once")
            entries[gram] = entry
        line = lines.next("the next section or \\end\\")
    if line != "\\end\\":
        raise lines.fault(repr(line[:40]), "\\end\\")
    for mark in ("<s>", "</s>"):
        if (mark,) not in entries:
            raise lines.fault(f"no {mark}", f"a unigram {mark}")
    return ArpaModel(entries, len(counts))


def _entry(lines: _Lines, order: int, highest: bool) -> tuple[State, _Entry]:
    wanted = f"log10 probability, {order} word(s){'' if highest else ' and a back-off'}"
    line = lines.next(wanted)
    cells = line.split()
    try:
        numbers = [float(cells[0]), *map(float, cells[order + 1 :])]
    except ValueError:
        numbers = []
    if len(cells) - order not in ((1,) if highest else (1, 2)) or not numbers:
        raise lines.fault(repr(line[:60]), wanted)
    if not all(map(math.isfinite, numbers)) or numbers[0] > 0:
        raise lines.fault(repr(line[:60]), "finite numbers, a log-probability of at most 0")
    words = tuple("<unk>" if word == "<UNK>" else word for word in cells[1 : order + 1])
    return words, _Entry(numbers[0], numbers[1] if len(numbers) > 1 else 0.0)
