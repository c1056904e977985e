"""Words with their times as subtitles in the SubRip format (.srt)."""

from collections.abc import Iterator, Sequence

from asr.evaluation.word_times import Word

_MOST_CHARACTERS = 42  # in a line of subtitles, as broadcasters have it
_MOST_SECONDS = 6.0
_PAUSE = 0.8  # seconds without a word that end a phrase


def subtitles(words: Sequence[Word]) -> str:
    """The words in phrases, each numbered and with the time in which to show it.

    >>> print(subtitles([Word("one", 0.4, 0.8), Word("two", 1.0, 1.5)]), end="")
    1
    00:00:00,400 --> 00:00:01,500
    one two
    """
    return "\n".join(
        f"{number}\n{_clock(phrase[0].begin)} --> {_clock(phrase[-1].end)}\n"
        f"{' '.join(word.text for word in phrase)}\n"
        for number, phrase in enumerate(phrases(words), start=1)
    )


def phrases(words: Sequence[Word]) -> Iterator[list[Word]]:
    """The words parted at pauses, and where a phrase would be too long to read."""
    phrase: list[Word] = []
    for word in words:
        if phrase and _ends(phrase, word):
            yield phrase
            phrase = []
        phrase.append(word)
    if phrase:
        yield phrase


def _ends(phrase: Sequence[Word], word: Word) -> bool:
    characters = sum(len(before.text) + 1 for before in phrase) + len(word.text)
    return (
        word.begin - phrase[-1].end > _PAUSE
        or word.end - phrase[0].begin > _MOST_SECONDS
        or characters > _MOST_CHARACTERS
    )


def _clock(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d},{rest % 1000:03d}"
