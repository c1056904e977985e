"""Which words can be heard, and how each is spelt in the tokens of a model."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from asr.errors import InputError
from asr.regular_file import refuse_endless
from asr.text.vocabulary import Vocabulary

_HOMOGRAPHS = 6  # words of one spelling that flashlight can tell apart


class Spelling(NamedTuple):
    """A word, and one way to spell it."""

    word: str
    tokens: tuple[int, ...]


class Lexicon(NamedTuple):
    """The words of a search.

    Attributes:
        separator: the token that stands between two words; ``None`` where there is none.
    """

    spellings: Sequence[Spelling]
    separator: int | None

    @property
    def words(self) -> list[str]:
        return sorted({spelling.word for spelling in self.spellings})


def spelt(words: Iterable[str], vocabulary: Vocabulary) -> Lexicon:
    """Each word as the vocabulary spells it; words with symbols that it lacks are left out."""
    found = [
        Spelling(word, tuple(vocabulary.encode(text)))
        for word in dict.fromkeys(words)
        if (text := vocabulary.normalize(word)) and not vocabulary.unknown(text)
    ]
    return Lexicon(_few_homographs(found), separator_of(vocabulary))


def joined(first: Lexicon, second: Lexicon) -> Lexicon:
    """The words of both; one that both have is spelt as in the first."""
    known = set(first.words)
    more = [spelling for spelling in second.spellings if spelling.word not in known]
    return Lexicon([*first.spellings, *more], first.separator)


def separator_of(vocabulary: Vocabulary) -> int | None:
    """The token of a space, if there is one."""
    symbols = list(vocabulary.symbols)
    return symbols.index(" ") if " " in symbols else None


def read_lexicon(path: Path, vocabulary: Vocabulary) -> Lexicon:
    """Read a word a line; after a tab may stand its tokens, parted by spaces.

    A word may have several lines, each with a spelling. Without one it is spelt as a
    transcript would be.

    Raises:
        InputError: the file cannot be read, or a line cannot be spelt; names it.
    """
    tokens = {symbol: token for token, symbol in enumerate(vocabulary.symbols)}
    found: list[Spelling] = []
    for number, line in enumerate(text_of(path).splitlines(), start=1):
        word, _, given = (part.strip() for part in line.partition("\t"))
        if not word:
            continue
        if len(word.split()) > 1:
            raise InputError(f"{path}:{number}: {word!r} is more than a word; put a tab after it")
        found.append(
            Spelling(word, _spelling(given.split(), tokens, word, vocabulary, f"{path}:{number}"))
        )
    if not found:
        raise InputError(f"{path}: holds no words; write a word a line")
    return Lexicon(_few_homographs(list(dict.fromkeys(found))), separator_of(vocabulary))


def text_of(path: Path) -> str:
    """What stands in a file of UTF-8.

    Raises:
        InputError: it cannot be read.
    """
    refuse_endless(path)
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8; give a text file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give another") from error


def _spelling(
    given: Sequence[str], tokens: Mapping[str, int], word: str, vocabulary: Vocabulary, at: str
) -> tuple[int, ...]:
    text = vocabulary.normalize(word)
    strangers = [symbol for symbol in given if symbol not in tokens] if given else []
    strangers = strangers or ([] if given else sorted(vocabulary.unknown(text)))
    if strangers or not (given or text):
        stranger = (strangers or [word])[0]
        raise InputError(
            f"{at}: {word!r} cannot be spelt, the model has no symbol {stranger!r}; "
            "remove the line, or spell it after a tab in symbols parted by spaces"
        )
    return tuple(tokens[symbol] for symbol in given) or tuple(vocabulary.encode(text))


def _few_homographs(spellings: Sequence[Spelling]) -> list[Spelling]:
    """At most as many words with the same tokens as both searches can tell apart."""
    seen: dict[tuple[int, ...], int] = {}
    kept = []
    for spelling in spellings:
        seen[spelling.tokens] = seen.get(spelling.tokens, 0) + 1
        if spelling.tokens and seen[spelling.tokens] <= _HOMOGRAPHS:
            kept.append(spelling)
    return kept
