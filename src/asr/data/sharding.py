"""Writing the recordings of an index into tar shards, as WebDataset does."""

import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from asr.data.audio import AudioError, audio_info, read_audio
from asr.data.index import Index
from asr.data.index_rows import write_index
from asr.data.skipped import Rows
from asr.data.tar_samples import tar_utterances
from asr.data.utterance import Utterance
from asr.data.window import Window, open_window
from asr.errors import InputError

_MAGIC = {b"RIFF": "wav", b"fLaC": "flac", b"OggS": "ogg", b"ID3": "mp3"}


@dataclass(slots=True)
class Sharded:
    """What was written.

    Attributes:
        shards: tar files.
        utterances: recordings in them.
        unread: utterances that could not be read, with the reason.
    """

    shards: int = 0
    utterances: int = 0
    unread: list[str] = field(default_factory=list)


def write_shards(
    index: Index,
    folder: Path,
    name: str,
    *,
    shard_bytes: int,
    flac: bool = False,
    seed: int | None = 0,
) -> Sharded:
    """Write ``name-000000.tar`` and so on, each with its index in a file ending in ``.arrow``.

    All appear at once, when all are written: a half is never taken for a whole.

    Args:
        shard_bytes: size at which a shard is full; the last recording may exceed it.
        flac: write FLAC of 16 bits, whatever the recordings are; else their bytes are copied,
            and only what is a part of a recording becomes FLAC.
        seed: of the order in which utterances are written; ``None`` keeps that of the index.

    Raises:
        InputError: there are shards of this name already, or none of the audio can be read.
    """
    if found := sorted(folder.glob(f"{name}-*.tar")):
        raise InputError(f"{found[0]}: is there already; remove it, or choose another folder")
    partial = folder / f".{name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        done = _write_all(index, partial, name, shard_bytes, flac, seed)
        for path in sorted(partial.glob("*.arrow")) + sorted(partial.glob("*.tar")):
            path.replace(folder / path.name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return done


def _write_all(
    index: Index, folder: Path, name: str, shard_bytes: int, flac: bool, seed: int | None
) -> Sharded:
    done = Sharded()
    recordings = _recordings(index, flac, seed, done)
    following = next(recordings, None)
    if following is None:
        raise InputError(f"{folder}: nothing to write, for no utterance can be read; mend them")
    while following is not None:
        path = folder / f"{name}-{done.shards:06d}.tar"
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
            while following is not None and archive.offset < shard_bytes:
                utterance, kind, content = following
                key = f"{done.utterances:09d}"
                _add(archive, f"{key}.{kind}", content)
                _add(archive, f"{key}.json", json.dumps(_told(utterance)).encode())
                if utterance.text:
                    _add(archive, f"{key}.txt", utterance.text.encode())
                done.utterances += 1
                following = next(recordings, None)
        write_index(path.with_suffix(".arrow"), tar_utterances(path), 0, 1e9)
        done.shards += 1
    return done


def _recordings(
    index: Index, flac: bool, seed: int | None, done: Sharded
) -> Iterator[tuple[Utterance, str, bytes]]:
    rows: Rows = np.arange(len(index), dtype=np.uint32)
    if seed is not None:
        np.random.default_rng(seed).shuffle(rows)
    for row in rows:
        utterance = index[int(row)]
        try:
            kind, content = _content(utterance, flac)
        except (AudioError, soundfile.LibsndfileError) as error:
            done.unread.append(str(error))
            continue
        yield utterance, kind, content


def _content(utterance: Utterance, flac: bool) -> tuple[str, bytes]:
    """The recording as the bytes of a file, and the ending of its name."""
    info = audio_info(utterance.path, utterance.window)
    whole = utterance.offset == 0 and utterance.channel is None
    whole &= utterance.seconds is None or utterance.seconds > info.seconds - 1 / info.rate
    if whole and not flac:
        size = utterance.path.stat().st_size
        with open_window(utterance.path, utterance.window or Window(0, size)) as file:
            content = file.read()
        if kind := _kind(content):
            return kind, content
    waveform = read_audio(
        utterance.path, info.rate, offset=utterance.offset,
        channel="all" if utterance.channel is None else utterance.channel,
        seconds=utterance.seconds, window=utterance.window,
    )  # fmt: skip
    written = io.BytesIO()
    soundfile.write(written, waveform.T.numpy(), info.rate, format="FLAC", subtype="PCM_16")
    return "flac", written.getvalue()


def _kind(content: bytes) -> str | None:
    """The ending for these bytes, if shards have such recordings as they are."""
    if content[:1] == b"\xff" and content[1] >= 0xE0:  # eleven set bits begin a frame of MPEG
        return "mp3"
    return next((kind for magic, kind in _MAGIC.items() if content.startswith(magic)), None)


def _told(utterance: Utterance) -> dict[str, Any]:
    """A row of a manifest, but for the path."""
    row = {**utterance.extras, "id": utterance.id, "text": utterance.text}
    if utterance.label:
        row["label"] = utterance.label
    if utterance.speaker:
        row["speaker"] = utterance.speaker
    return row


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
