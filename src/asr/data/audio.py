"""Reading audio files: the one place that knows which library does it."""

import math
import os
import re
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple

import numpy as np
import soundfile
import torch
from torch import Tensor

from asr.data.window import Window, open_window
from asr.errors import InputError
from asr.resample import resample

Channel = int | Literal["mix", "all"]
LOWEST_RATE, HIGHEST_RATE = 4_000, 192_000  # hertz; outside, a header is damaged, not exotic
_UNKNOWN_SIZE = 0x7FFFF000  # bytes
_MENDED = re.compile(r"^ ?(?:data|SSND) : (\d+) \(should be (\d+)\)", re.MULTILINE)
_SECONDS_LOST = 0.1  # MP3 headers may promise this much more than the stream holds
_MOST_PER_BYTE = 10_000  # samples; FLAC of pure silence comes to some 5,000 in a byte
_BLOCK = 1 << 22  # samples of each channel that are read at once
_ANTIPHASE = 1e-4  # what is left of the peak, at most, where channels cancel each other


class AudioError(InputError):
    """A file that cannot be used as audio; the message names it and says why."""


class AudioInfo(NamedTuple):
    """What the header of an audio file says.

    Attributes:
        seconds: duration.
        rate: samples per second.
        channels: number of channels.
    """

    seconds: float
    rate: int
    channels: int


def audio_info(path: Path, window: Window | None = None) -> AudioInfo:
    """Read the header of an audio file.

    Args:
        window: where in the file the audio lies; ``None`` for all of it.

    Raises:
        AudioError: the file is missing, not a regular file, not audio, or holds no samples.
    """
    with _open(path, window) as file:
        return AudioInfo(file.frames / file.samplerate, file.samplerate, file.channels)


def read_audio(
    path: Path,
    sample_rate: int,
    *,
    channel: Channel = "mix",
    offset: float = 0.0,
    seconds: float | None = None,
    window: Window | None = None,
) -> Tensor:
    """Read a file, or a part of it, as float32 in [-1, 1], resampled to ``sample_rate``.

    Args:
        sample_rate: of the result, in hertz.
        channel: ``"mix"`` averages the channels, a number picks one from 0, ``"all"`` keeps them.
        offset: where to begin, in seconds.
        seconds: how much to read; ``None`` reads to the end.
        window: where in the file the audio lies; ``None`` for all of it.

    Returns:
        ``(channels, samples)``; one channel unless ``channel`` is ``"all"``.

    Raises:
        AudioError: the file cannot be read, is shorter than its header or ``seconds`` says,
            lacks the channel, holds samples that are not finite, or channels that cancel each
            other when they are mixed.
    """
    with _open(path, window) as file:
        begin = round(offset * file.samplerate)
        wanted = file.frames - begin if seconds is None else round(seconds * file.samplerate)
        if begin >= file.frames:
            raise AudioError(
                f"{path}: the utterance begins at {offset:g} s, but the file lasts "
                f"{file.frames / file.samplerate:g} s; mend the offset"
            )
        try:
            file.seek(begin)
            frames = _read(file, wanted)
        except (soundfile.LibsndfileError, MemoryError) as error:
            raise AudioError(f"{path}: damaged audio ({error}); replace or remove it") from None
        rate, subtype = file.samplerate, file.subtype
    if len(frames) == 0:
        raise AudioError(f"{path}: no samples could be read; replace or remove it")
    if wanted - len(frames) > _SECONDS_LOST * rate:
        raise AudioError(
            f"{path}: truncated, {len(frames) / rate:.2f} s could be read of "
            f"{wanted / rate:.2f} s; replace or remove it"
        )
    waveform = _pick(torch.from_numpy(frames).T, channel, path)
    if not math.isfinite(waveform.abs().amax().item()):
        raise AudioError(f"{path}: holds samples that are not finite; replace or remove it")
    if subtype in ("FLOAT", "DOUBLE"):  # numbers too small to be normal are slow, and inaudible
        waveform = waveform.where(waveform.abs() >= torch.finfo(torch.float32).tiny, 0.0)
    return resample(waveform, rate, sample_rate)


def mix(waveform: Tensor, path: Path) -> Tensor:
    """The mean of the channels of ``(channels, samples)``, as ``(1, samples)``.

    Args:
        path: of the file, for the error message.

    Raises:
        AudioError: there was sound in the channels, but none is left.
    """
    if len(waveform) == 1:
        return waveform
    mean = waveform.mean(dim=0, keepdim=True)
    before, after = waveform.abs().amax().item(), mean.abs().amax().item()
    if before > 0 and after <= _ANTIPHASE * before:
        raise AudioError(
            f"{path}: silent once its {len(waveform)} channels are mixed, which cancel each "
            "other; pick one, by data.channel=0 or --channel 0"
        )
    return mean


def _read(file: soundfile.SoundFile, wanted: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Up to ``wanted`` frames, with no more memory than the file really fills."""
    blocks = [np.empty((0, file.channels), np.float32)]
    while wanted > 0 and len(
        block := file.read(min(wanted, _BLOCK), dtype="float32", always_2d=True)
    ):
        blocks.append(block)
        wanted -= len(block)
    return blocks[1] if len(blocks) == 2 else np.concatenate(blocks)


def _pick(waveform: Tensor, channel: Channel, path: Path) -> Tensor:
    if channel == "all":
        return waveform
    if channel == "mix":
        return mix(waveform, path)
    if not 0 <= channel < len(waveform):
        raise AudioError(
            f"{path}: has {len(waveform)} channel(s), so no channel {channel}; "
            "count from 0 or use 'mix'"
        )
    return waveform[channel : channel + 1]


@contextmanager
def _open(path: Path, window: Window | None) -> Iterator[soundfile.SoundFile]:
    _refuse_what_is_no_file(path)
    with ExitStack() as opened:
        if window is None:
            source: bytes | BinaryIO = os.fsencode(path)
        else:
            source = opened.enter_context(_part(path, window))
        try:
            file = opened.enter_context(soundfile.SoundFile(source))
        except (soundfile.LibsndfileError, TypeError) as error:
            raise AudioError(f"{path}: {_what_it_is(path, window)}") from error
        _refuse_odd(path, file)
        yield file


def _part(path: Path, window: Window) -> BinaryIO:
    try:
        return open_window(path, window)
    except OSError as error:
        raise AudioError(f"{path}: {error.strerror}; check the permissions") from None
    except ValueError as error:
        raise AudioError(f"{path}: {error}; it is cut short, so make or fetch it again") from None


def _refuse_odd(path: Path, file: soundfile.SoundFile) -> None:
    if not LOWEST_RATE <= file.samplerate <= HIGHEST_RATE:
        raise AudioError(
            f"{path}: sample rate {file.samplerate} Hz is outside "
            f"{LOWEST_RATE} to {HIGHEST_RATE} Hz; replace or convert it"
        )
    if file.frames <= 0:
        raise AudioError(f"{path}: holds no samples; replace or remove it")
    size = path.stat().st_size
    if file.frames > _MOST_PER_BYTE * size:
        raise AudioError(
            f"{path}: its header claims {file.frames} samples, more than {size} bytes can hold; "
            "replace or remove it"
        )
    _refuse_truncated(path, file.extra_info)


def unknown_size(notes: str) -> bool:
    """Whether libsndfile noted a size that the recorder never wrote."""
    found = _MENDED.search(notes)
    return found is not None and int(found[1]) >= _UNKNOWN_SIZE


def _refuse_truncated(path: Path, notes: str) -> None:
    """Believe the header of a WAV or AIFF file where libsndfile mends it in silence."""
    found = _MENDED.search(notes)
    # A recorder that cannot seek back leaves the largest number there is: that is not a loss.
    if found and int(found[1]) < _UNKNOWN_SIZE and int(found[1]) > int(found[2]):
        raise AudioError(
            f"{path}: truncated, holds {found[2]} bytes of audio of the {found[1]} that its "
            "header says; replace or remove it"
        )


def _refuse_what_is_no_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        near = _in_other_case(path) if isinstance(error, FileNotFoundError) else None
        todo = f"did you mean {near}?" if near else "check the path"
        raise AudioError(f"{path}: {reason}; {todo}") from None
    if not stat.S_ISREG(mode):  # opening a FIFO would wait for ever
        kind = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
        raise AudioError(f"{path}: is {kind}; give an audio file")


def _in_other_case(path: Path) -> str | None:
    """The name that differs only in upper and lower case, if the folder has one."""
    return _names(path.parent).get(path.name.casefold())


@lru_cache(maxsize=8)  # a folder may lack many files, and hold many
def _names(folder: Path) -> dict[str, str]:
    try:
        return {entry.name.casefold(): entry.name for entry in os.scandir(folder)}
    except OSError:
        return {}


def _what_it_is(path: Path, window: Window | None) -> str:
    try:
        with path.open("rb") if window is None else open_window(path, window) as file:
            head = file.read(256)
    except OSError as error:
        return f"{error.strerror}; check the permissions"
    if not head:
        return "empty file; replace or remove it"
    if head.startswith(b"version https://git-lfs"):
        return "a git-lfs pointer, not audio; run 'git lfs pull'"
    if head.lstrip()[:1] == b"<":
        return "looks like a web page, not audio; download it again"
    if head[4:8] == b"ftyp":
        return f"MPEG-4 audio cannot be read; convert it: ffmpeg -i '{path}' '{path.stem}.wav'"
    return "not audio that can be read (WAV, FLAC, OGG, Opus and MP3 can); convert or remove it"
