"""Rows of an evaluation as utterances.jsonl has them, without a model."""

from collections.abc import Sequence
from typing import Any

from asr.metrics.edits import character_edits, word_edits


def transcript(
    name: object, reference: str, hypothesis: str, speaker: str = "", **more: Any
) -> dict[str, Any]:
    words = word_edits(hypothesis, reference)
    characters = character_edits(hypothesis, reference)
    return {
        **_common(name, speaker, more),
        "reference": reference,
        "hypothesis": hypothesis,
        "substitutions": words.substitutions,
        "deletions": words.deletions,
        "insertions": words.insertions,
        "words": words.length,
        "characters": characters.length,
        "character_edits": characters.errors,
        "confidence": more.get("confidence"),
    }


def label(
    name: object, reference: str, probabilities: Sequence[float], speaker: str = "", **more: Any
) -> dict[str, Any]:
    """A row of the labels a, b, c ..., the most probable of which was predicted."""
    told = dict(zip("abcdefgh", probabilities, strict=False))
    best = max(told, key=lambda key: told[key])
    return {
        **_common(name, speaker, more),
        "reference": reference,
        "hypothesis": best,
        "probability": told[best],
        "probabilities": told,
    }


def _common(name: object, speaker: str, more: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(name),
        "path": f"/data/{name}.wav",
        "offset": 0.0,
        "seconds": more.get("seconds", 1.0),
        "speaker": speaker,
        "extras": more.get("extras", {}),
    }
