"""Words with their times as a TextGrid, in which Praat keeps annotations (its long format)."""

from collections.abc import Iterator, Sequence

from asr.evaluation.word_times import Word


def textgrid(words: Sequence[Word], seconds: float) -> str:
    """One tier, ``words``, from 0 to ``seconds``; between words are intervals without a text.

    https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html
    """
    intervals = list(_intervals(words, seconds))
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {seconds:.6f}",
        "tiers? <exists>",
        "size = 1",
        "item []:",
        "    item [1]:",
        '        class = "IntervalTier"',
        '        name = "words"',
        "        xmin = 0",
        f"        xmax = {seconds:.6f}",
        f"        intervals: size = {len(intervals)}",
    ]
    for number, (begin, end, text) in enumerate(intervals, start=1):
        lines += [
            f"        intervals [{number}]:",
            f"            xmin = {begin}",
            f"            xmax = {end}",
            f'            text = "{text.replace(chr(34), chr(34) * 2)}"',
        ]
    return "\n".join(lines) + "\n"


def _intervals(words: Sequence[Word], seconds: float) -> Iterator[tuple[str, str, str]]:
    """What covers the time without gap or overlap; Praat allows no interval of no duration."""
    at = _written(0.0)
    for word in words:
        begin, end = _written(word.begin), _written(word.end)
        if begin != at:
            yield at, begin, ""
        yield begin, end, word.text
        at = end
    if at != _written(seconds):
        yield at, _written(seconds), ""


def _written(seconds: float) -> str:
    return f"{seconds:.6f}"
