"""An alignment in the formats of programs that go on with it."""

from collections.abc import Callable, Mapping
from typing import Any

from asr.evaluation.alignment import Alignment
from asr.evaluation.ctm import ctm
from asr.evaluation.subtitles import subtitles
from asr.evaluation.textgrid import textgrid
from asr.json_files import to_json

FORMATS: Mapping[str, Callable[[Alignment], str]] = {
    "TextGrid": lambda aligned: textgrid(aligned.words, aligned.seconds),
    "ctm": lambda aligned: ctm(aligned.name, aligned.words),
    "srt": lambda aligned: subtitles(aligned.words),
    "json": lambda aligned: to_json(to_values(aligned)) + "\n",
}


def to_values(aligned: Alignment) -> dict[str, Any]:
    """The words of a recording with their times, in seconds, and how sure the model is of each."""
    words = [
        {
            "word": word.text, "begin": round(word.begin, 3), "end": round(word.end, 3),
            "confidence": round(word.confidence, 4),
        }
        for word in aligned.words
    ]  # fmt: skip
    return {
        "name": aligned.name, "file": str(aligned.file), "seconds": round(aligned.seconds, 3),
        "text": aligned.text, "words": words,
    }  # fmt: skip
