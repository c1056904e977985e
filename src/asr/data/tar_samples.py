"""What is in a tar file as WebDataset writes them: samples of neighbouring members.

A member belongs to the sample that its name has up to the first dot; what follows tells what it
is. Nothing is ever unpacked, so names can do no harm.
"""

import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from asr.data.corpora.json_lines import parse_object
from asr.data.corpora.manifest_row import to_utterance
from asr.data.utterance import Utterance
from asr.data.window import Window, open_window
from asr.errors import InputError

AUDIO = ("wav", "flac", "ogg", "opus", "mp3")
_NAME = re.compile(r"((?:.*/)?[^./]+)\.([^/]+)", re.DOTALL)
_END = bytes(512)
_LONGEST_TEXT = 1 << 20  # bytes of a member that is not audio


class Sample(NamedTuple):
    """Members that share the beginning of their names.

    Attributes:
        key: what they share.
        parts: where each member is, by the rest of its name in small letters.
    """

    key: str
    parts: Mapping[str, Window]


def tar_utterances(path: Path) -> Iterator[Utterance]:
    """The samples with audio, in their order; samples without are passed over.

    The text is that of ``key.txt``, or in ``key.json``, which is like a row of a manifest;
    ``key.cls`` is a label.

    Raises:
        InputError: the file is no tar file or is cut short, a sample has neither text nor label,
            or none has audio.
    """
    found = False
    for sample in tar_samples(path):
        names = [name for name in sample.parts if name.rpartition(".")[2] in AUDIO]
        if len(names) > 1:
            raise InputError(
                f"{path}:{sample.key}: has {' and '.join(names)}; keep one recording in a sample"
            )
        if names:
            found = True
            yield _utterance(path, sample, sample.parts[names[0]])
    if not found:
        raise InputError(f"{path}: no member is audio (.{', .'.join(AUDIO)}); check the shard")


def tar_samples(path: Path) -> Iterator[Sample]:
    """The regular members of a tar file by sample; others are passed over.

    Raises:
        InputError: the file is no tar file, is cut short, or has a member twice.
    """
    key, parts = "", dict[str, Window]()
    for name, window in tar_members(path):
        matched = _NAME.fullmatch(name)
        if not matched:
            continue
        if matched[1] != key:
            if parts:
                yield Sample(key, parts)
            key, parts = matched[1], {}
        kind = matched[2].lower()
        if kind in parts:
            raise InputError(f"{path}:{name}: is there twice; make the shard again")
        parts[kind] = window
    if parts:
        yield Sample(key, parts)


def tar_members(path: Path) -> Iterator[tuple[str, Window]]:
    """The regular members of a tar file by name, with where they are; others are passed over.

    Raises:
        InputError: the file is no tar file or is cut short.
    """
    try:
        with tarfile.open(path, "r:") as archive:
            while (member := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # else all stay in memory
                if member.isreg() and not member.issparse():
                    yield member.name, Window(member.offset_data, member.size)
            with path.open("rb") as file:
                file.seek(archive.offset)
                if file.read(len(_END)) != _END:  # else a file cut between members looks whole
                    raise tarfile.ReadError("its end is missing")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; check the path and permissions") from None
    except (tarfile.TarError, ValueError) as error:
        raise InputError(
            f"{path}: not a whole, uncompressed tar file ({error}); unpack or replace it"
        ) from None


def _utterance(path: Path, sample: Sample, audio: Window) -> Utterance:
    line = f"{path}:{sample.key}"
    row = {}
    if "json" in sample.parts:
        row = parse_object(_read(path, sample, "json"), line)
    for kind, key in (("txt", "text"), ("cls", "label")):
        if kind in sample.parts and key not in row:
            row[key] = _decoded(_read(path, sample, kind), line)
    row = {"id": f"{path.stem}/{sample.key}", **row, "audio_filepath": "sample"}
    return replace(to_utterance(row, path.parent, ".", line), path=path, window=audio)


def _read(path: Path, sample: Sample, kind: str) -> bytes:
    window = sample.parts[kind]
    if window.size > _LONGEST_TEXT:
        raise InputError(
            f"{path}:{sample.key}.{kind}: holds {window.size} bytes, which is no transcript; "
            "make the shard again"
        )
    with open_window(path, window) as file:
        return file.read()


def _decoded(content: bytes, line: str) -> str:
    try:
        return content.decode().strip()
    except UnicodeDecodeError:
        raise InputError(f"{line}: not UTF-8; make the shard again") from None
