"""Which threshold a keyword should have, from long recordings in which it is known to be or not."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from asr.data.audio import audio_info
from asr.data.utterance import Utterance
from asr.errors import InputError
from asr.evaluation.spotting import Detection


class Recording(NamedTuple):
    """A long recording.

    Attributes:
        keywords: what is said in it, each with the seconds at which it begins and ends.
    """

    path: Path
    seconds: float
    keywords: Sequence[tuple[str, float, float]]


class Point(NamedTuple):
    """What happens at a threshold.

    Attributes:
        threshold: detections that score so high, or higher, are told.
        misses: share of the occurrences that are not among them; ``None`` where there are none.
        false_alarms_per_hour: detections where the keyword is not.
    """

    threshold: float
    misses: float | None
    false_alarms_per_hour: float


class Found(NamedTuple):
    """Detections in a recording that is known."""

    recording: Recording
    detections: Sequence[Detection]


def recordings(rows: Iterable[Utterance]) -> list[Recording]:
    """The files that rows are of; each row is a place in one where its label, or text, is said.

    Raises:
        AudioError: a file cannot be read.
    """
    files: dict[Path, list[Utterance]] = {}
    for row in rows:
        files.setdefault(row.path, []).append(row)
    found = []
    for path, within in files.items():
        seconds = audio_info(path).seconds
        places = [
            (row.label or row.text, row.offset, row.offset + (row.seconds or seconds - row.offset))
            for row in within
        ]
        found.append(Recording(path, seconds, places))
    return found


def points(found: Sequence[Found], keyword: str) -> list[Point]:
    """What happens at each threshold that makes a difference, from the highest down.

    A detection is right where the middle of an occurrence lies in its window; a second one of
    the same occurrence is a false alarm.
    """
    hours = sum(each.recording.seconds for each in found) / 3600
    said = [[p for p in each.recording.keywords if p[0] == keyword] for each in found]
    every = [
        (detection, number)
        for number, each in enumerate(found)
        for detection in each.detections
        if detection.keyword == keyword
    ]
    every.sort(key=lambda pair: -pair[0].score)
    total, hits, alarms = sum(map(len, said)), 0, 0
    curve: list[Point] = []
    for detection, number in every:
        place = next((p for p in said[number] if _within(detection, p)), None)
        if place is None:
            alarms += 1
        else:
            said[number].remove(place)
            hits += 1
        if curve and curve[-1].threshold == detection.score:
            curve.pop()
        curve.append(Point(detection.score, 1 - hits / total if total else None, alarms / hours))
    return curve


def chosen(curve: Sequence[Point], false_alarms_per_hour: float, keyword: str) -> Point:
    """The point with the fewest misses among those with no more false alarms than wanted.

    Its threshold is moved half way to the next lower score, so that no rounding error decides.

    Raises:
        InputError: the first detection is a false alarm too many already.
    """
    good = [
        k for k, each in enumerate(curve) if each.false_alarms_per_hour <= false_alarms_per_hour
    ]
    if not good:
        raise InputError(
            f"{keyword}: no threshold has {false_alarms_per_hour:g} false alarms an hour or fewer; "
            "allow more with --false-alarms, or give longer recordings"
        )
    last = good[-1]
    below = curve[last + 1].threshold if last + 1 < len(curve) else curve[last].threshold
    return curve[last]._replace(threshold=(curve[last].threshold + below) / 2)


def _within(detection: Detection, place: tuple[str, float, float]) -> bool:
    return detection.begin <= (place[1] + place[2]) / 2 <= detection.end


def stored(facts: Mapping[str, Any]) -> tuple[dict[str, float], dict[str, Any]]:
    """The thresholds that a bundle holds, by keyword, and all that is told with them.

    Raises:
        InputError: they are damaged.
    """
    told = facts.get("spotting", {})
    try:
        thresholds = {name: float(each["threshold"]) for name, each in told["keywords"].items()}
        good = all(0 <= threshold <= 1 for threshold in thresholds.values())
        good = good and 0 < float(told["window"]) <= 60 and 0 < float(told["step"]) <= 60
    except (TypeError, ValueError, KeyError, AttributeError):
        thresholds, good = {}, not told
    if not good:
        raise InputError("its thresholds are damaged; find them again by asr threshold --write")
    return thresholds, dict(told or {})
