"""What the audio of an index is like: each header looked at again, or each sample."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from asr.data.audio import AudioError, AudioInfo, audio_info, mix, read_audio
from asr.data.index import Index
from asr.data.oddities import of_file, of_sound
from asr.data.utterance import Utterance
from asr.evaluation.fault import Fault, Kind

_LONGER = 0.1  # seconds that a file may hold beyond what its row says


class _Heard(NamedTuple):
    reason: str | None = None  # why it cannot be used
    notes: Sequence[tuple[Kind, str]] = ()


def listen(split: str, index: Index, *, decode: bool) -> tuple[Index, list[Fault]]:
    """The index without what cannot be decoded, and what is odd about the rest.

    Args:
        decode: whether to read every sample, not only the headers.
    """
    parts = _paths_of_several(index)

    def hear(utterance: Utterance) -> _Heard:
        try:
            info = audio_info(utterance.path, utterance.window)
            notes: list[tuple[Kind, str]] = []
            if utterance.window is None:
                notes += [("odd", note) for note in of_file(utterance.path, info)]
            if str(utterance.path) not in parts and not utterance.offset:
                rest = info.seconds - (utterance.seconds or info.seconds)
                if rest > _LONGER:
                    notes.append(("odd", f"the file goes on for {rest:.2f} s after the duration"))
            return _Heard(notes=[*notes, *(_samples(utterance, info) if decode else ())])
        except AudioError as error:
            return _Heard(str(error).removeprefix(f"{utterance.path}: "))

    with ThreadPoolExecutor() as pool:
        heard = list(pool.map(hear, index))
    faults = [
        Fault(kind, split, utterance.id, note, utterance.line or str(utterance.path))
        for utterance, found in zip(index, heard, strict=True)
        for kind, note in found.notes
    ]
    reasons = iter(heard)
    return index.without(lambda _: next(reasons).reason), faults


def _samples(utterance: Utterance, info: AudioInfo) -> list[tuple[Kind, str]]:
    waveform = read_audio(
        utterance.path, info.rate, channel="all", offset=utterance.offset,
        seconds=utterance.seconds, window=utterance.window,
    )  # fmt: skip
    if utterance.channel is None:
        mix(waveform, utterance.path)
    else:
        waveform = waveform[utterance.channel :][:1]
    if not waveform.any():
        return [("silent", "every sample is zero")]
    return [("odd", note) for note in of_sound(waveform)]


def _paths_of_several(index: Index) -> set[str]:
    """The files that more than one utterance is a part of."""
    seen: set[str] = set()
    again: set[str] = set()
    for path in index.values("path"):
        (again if path in seen else seen).add(path)
    return again
