"""What of an evaluation can be heard and looked at: audio, spectrogram, the model's tokens."""

from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from asr.bundle import Bundle
from asr.data.audio import AudioError, read_audio
from asr.data.flac import to_flac
from asr.evaluation.measures import Row, right
from asr.evaluation.recognise import channel_for
from asr.evaluation.report.activity import activity
from asr.evaluation.report.picture import spectrogram

_RATE = 16_000  # hertz, where no model says another


class Clips(NamedTuple):
    """What was made of the utterances that can be heard.

    Attributes:
        clips: by the number of the utterance: ``audio`` and ``picture`` as data URIs,
            ``seconds``, and ``activity``, see :func:`~asr.evaluation.report.activity.activity`.
        unread: of how many the audio could not be read.
        unfitting: how many more were wanted than the budget holds.
    """

    clips: dict[int, dict[str, Any]]
    unread: int
    unfitting: int


def make_clips(
    rows: Sequence[Row], most: int, megabytes: float, bundle: Bundle | None = None
) -> Clips:
    """Make them for the worst utterances, until there are enough or the budget is spent.

    Args:
        most: utterances to hear.
        megabytes: most that all of them may add to the page.
        bundle: the model whose tokens to show, if any.
    """
    made, unread, left = dict[int, dict[str, Any]](), 0, megabytes * 1e6
    wanted = worst(rows)[:most]
    for place, number in enumerate(wanted):
        try:
            clip = _clip(rows[number], bundle)
        except AudioError:
            unread += 1
            continue
        left -= sum(len(str(value)) for value in clip.values())
        if left < 0:
            return Clips(made, unread, len(wanted) - place)
        made[number] = clip
    return Clips(made, unread, 0)


def worst(rows: Sequence[Row]) -> list[int]:
    """Numbers of the rows, those with the most errors first; of labels the surest mistakes."""

    def badness(number: int) -> tuple[float, float]:
        row = rows[number]
        if "words" in row:
            errors = row["substitutions"] + row["deletions"] + row["insertions"]
            return errors, row["character_edits"]
        return (0, -row["probability"]) if right(row) else (1, row["probability"])

    return sorted(range(len(rows)), key=badness, reverse=True)


def _clip(row: Row, bundle: Bundle | None) -> dict[str, Any]:
    rate = bundle.recognizer.model.sample_rate if bundle else _RATE
    channel = channel_for(bundle, None) if bundle else "mix"
    waveform = read_audio(
        Path(row["path"]), rate, channel=channel, offset=row["offset"], seconds=row["seconds"]
    )
    heard: Tensor = waveform.mean(dim=0, keepdim=True)
    return {
        "seconds": round(waveform.shape[-1] / rate, 4),
        "audio": _uri("audio/flac", to_flac(heard, rate)),
        "picture": _uri("image/png", spectrogram(heard, rate)),
        "activity": activity(bundle.recognizer, waveform) if bundle else None,
    }


def _uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{b64encode(content).decode()}"
