"""Cuts, recordings and supervisions of Lhotse, translated from their JSON; nothing in it is run."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from asr.data.utterance import Extra, Utterance
from asr.data.window import Window
from asr.errors import InputError

_CUTS = ("MonoCut", "MultiCut", "Cut")
_EXTRAS = ("language", "gender", "recording_id")
_Row = Mapping[str, Any]


class Member(NamedTuple):
    """Where a Shar archive holds the audio of a cut."""

    path: Path
    window: Window


def cut_utterances(
    cut: _Row, line: str, folder: Path, label: str | None, member: Member | None = None
) -> Iterator[Utterance]:
    """A cut with one supervision as a whole; of one with several, an utterance for each.

    Args:
        line: where the cut stands, as ``file:line``.
        folder: from which relative paths of audio count.
        label: field of a supervision, or of its custom fields, that is the label.
        member: the audio, where the cut itself has but a placeholder.

    Raises:
        InputError: the cut is a mixture, has no audio in a file, or a field cannot be right.
    """
    kind = _field(cut, "type", line, str, "MonoCut")
    if kind not in _CUTS:
        raise InputError(
            f"{line}: {kind!r} is made of several recordings; save its audio with Lhotse first "
            "(CutSet.save_audios)"
        )
    recording = _field(cut, "recording", line, dict)
    begin, seconds = _seconds(cut, "start", line), _seconds(cut, "duration", line)
    name = _field(cut, "id", line, str)
    supervisions = _field(cut, "supervisions", line, list)
    if not supervisions:
        raise InputError(f"{line}: the cut {name!r} has no supervision; drop such cuts first")
    for supervision in supervisions:
        if not isinstance(supervision, dict):
            raise InputError(f"{line}: supervisions: {supervision!r:.80} is no object; mend it")
        whole = _utterance(recording, supervision, cut.get("channel"), line, folder, label, member)
        if len(supervisions) == 1:
            yield replace(whole, id=name, offset=begin, seconds=seconds)
            continue
        first = max(0.0, whole.offset)
        last = min(seconds, whole.offset + (whole.seconds or 0))
        yield replace(whole, id=f"{name}-{whole.id}", offset=begin + first, seconds=last - first)


def supervision_utterance(
    supervision: _Row, recording: _Row, line: str, folder: Path, label: str | None
) -> Utterance:
    """One segment of a recording; arguments and errors as of :func:`cut_utterances`."""
    channel = supervision.get("channel")
    found = _utterance(recording, supervision, channel, line, folder, label, None)
    return replace(found, offset=max(0.0, found.offset))


def _utterance(
    recording: _Row, supervision: _Row, channel: Any, line: str, folder: Path,
    label: str | None, member: Member | None,
) -> Utterance:  # fmt: skip
    _refuse_transforms(recording, line)
    custom = _field(supervision, "custom", line, dict, {})
    fields = {**supervision, **custom}
    path, picked = _source(recording, channel, line, folder, member)
    extras = {
        **{key: fields[key] for key in _EXTRAS if isinstance(fields.get(key), Extra)},
        **{key: value for key, value in custom.items() if isinstance(value, Extra)},
    }
    return Utterance(
        id=_field(supervision, "id", line, str),
        path=path,
        text=_field(supervision, "text", line, str, ""),
        label="" if label is None else str(fields.get(label) or ""),
        speaker=_field(supervision, "speaker", line, str, ""),
        offset=_number(supervision, "start", line),
        seconds=_seconds(supervision, "duration", line),
        extras=extras,
        line=line,
        window=None if member is None else member.window,
        channel=picked,
    )


def _source(
    recording: _Row, channel: Any, line: str, folder: Path, member: Member | None
) -> tuple[Path, int | None]:
    """The file that has the channel, and its number there if it has others too."""
    sources = _field(recording, "sources", line, list)
    wanted = _channels(channel, line)
    for source in sources:
        there = _channels(_field(source, "channels", line, list), line) or []
        if wanted is not None and not set(wanted) <= set(there):
            continue
        path = folder / _local(source, line) if member is None else member.path
        if wanted is None or wanted == there:
            return path, None
        if len(wanted) == 1:
            return path, there.index(wanted[0])
    raise InputError(
        f"{line}: channels {wanted} are not one, or all, of a file of the recording; save the "
        "audio with Lhotse first (CutSet.save_audios)"
    )


def _local(source: _Row, line: str) -> str:
    kind = _field(source, "type", line, str)
    if kind == "shar":
        raise InputError(f"{line}: its audio is in a Shar archive; give the folder of both")
    if kind != "file":
        what = {"command": "a command, which is not run", "url": "an address"}.get(kind, repr(kind))
        raise InputError(
            f"{line}: the recording comes from {what}; save its audio to files with Lhotse first "
            "(CutSet.save_audios)"
        )
    return str(_field(source, "source", line, str))


def _channels(value: Any, line: str) -> list[int] | None:
    channels = [value] if isinstance(value, int) else value
    if channels is not None and not (
        isinstance(channels, list) and all(isinstance(one, int) for one in channels)
    ):
        raise InputError(f"{line}: channel: {value!r:.80} is no number or list of them; mend it")
    return channels


def _field(row: Any, key: str, line: str, kind: type, default: Any = None) -> Any:
    value = row.get(key) if isinstance(row, dict) else None
    value = default if value is None else value
    if not isinstance(value, kind) or isinstance(value, bool):
        has = "is missing" if value is None else f"is {value!r:.80}"
        raise InputError(f"{line}: {key!r} {has}; a manifest of Lhotse has a {kind.__name__} there")
    return value


def _number(row: _Row, key: str, line: str) -> float:
    value = row.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > 1e9:
        raise InputError(f"{line}: {key!r} is {value!r:.80}; give seconds")
    return float(value)


def _seconds(row: _Row, key: str, line: str) -> float:
    value = _number(row, key, line)
    if value < 0 or (value == 0 and key == "duration"):
        raise InputError(f"{line}: {key!r} is {value:g} s; give a time that can be")
    return value


def _refuse_transforms(recording: _Row, line: str) -> None:
    transforms = _field(recording, "transforms", line, list, [])
    names = [str(item.get("name")) if isinstance(item, dict) else str(item) for item in transforms]
    if others := [name for name in names if name != "Resample"]:  # we resample anyway
        raise InputError(
            f"{line}: the recording is to be changed by {', '.join(others)}; save its audio with "
            "Lhotse first (CutSet.save_audios)"
        )
