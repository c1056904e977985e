"""Transcripts as text, as plain values for JSON, and as subtitles."""

from typing import Any

from asr.errors import InputError
from asr.evaluation.n_best import Ranked
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
    """A file's transcript with times and confidences of words, or its label, or its fault."""
    if isinstance(heard, Failure):
        return {"file": str(heard.file), "error": heard.reason}
    values = {"file": str(heard.file), "seconds": round(heard.seconds, 3)}
    if heard.probability is not None:
        return {**values, "label": heard.text, "probability": heard.probability}
    words = [
        {
            "word": word.text, "begin": round(word.begin, 3), "end": round(word.end, 3),
            "confidence": round(word.confidence, 4),
        }
        for word in heard.words
    ]  # fmt: skip
    several = {"alternatives": [_piece(each) for each in heard.alternatives]}
    return {**values, "text": heard.text, "words": words, **(several if heard.alternatives else {})}


def _piece(ranked: Ranked) -> dict[str, Any]:
    return {
        "begin": round(ranked.begin, 3),
        "end": round(ranked.end, 3),
        "transcripts": [
            {
                "text": each.text,
                "score": round(each.score, 4),
                "confidence": round(each.confidence, 4),
            }
            for each in ranked.alternatives
        ],
    }


def to_subtitles(transcript: Transcript) -> str:
    """The transcript as an ``.srt`` file.

    Raises:
        InputError: it is a label.
    """
    if transcript.probability is not None:
        raise InputError("--format srt: the model gives a label, not words; use text or json")
    return subtitles(transcript.words)
