"""Transcripts as text, as plain values for JSON, and as subtitles."""

from typing import Any

from asr.errors import InputError
from asr.evaluation.subtitles import subtitles
from asr.evaluation.transcribe import Failure, Transcript
from asr.text.printable import printable


def to_line(transcript: Transcript, named: bool) -> str:
    """The transcript, or the label and its probability, in one line; after its file if named."""
    cells = [str(transcript.file)] if named else []
    cells.append(transcript.text)
    if transcript.probability is not None:
        cells.append(f"{transcript.probability:.4f}")
    return "\t".join(map(printable, cells)) + "\n"


def to_values(heard: Transcript | Failure) -> dict[str, Any]:
    """A file's transcript with the times of its words, or its label, or what is wrong with it."""
    if isinstance(heard, Failure):
        return {"file": str(heard.file), "error": heard.reason}
    values = {"file": str(heard.file), "seconds": round(heard.seconds, 3)}
    if heard.probability is not None:
        return {**values, "label": heard.text, "probability": heard.probability}
    words = [
        {"word": word.text, "begin": round(word.begin, 3), "end": round(word.end, 3)}
        for word in heard.words
    ]
    return {**values, "text": heard.text, "words": words}


def to_subtitles(transcript: Transcript) -> str:
    """The transcript as an ``.srt`` file.

    Raises:
        InputError: it is a label.
    """
    if transcript.probability is not None:
        raise InputError("--format srt: the model gives a label, not words; use text or json")
    return subtitles(transcript.words)
