"""A folder of recordings that augmentation draws from."""

from pathlib import Path

import torch
from torch import Tensor

from asr.augment.draw import one_of
from asr.data.audio import audio_info, read_audio
from asr.errors import InputError

_SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3")
_MOST_BYTES = 256 << 20  # of decoded audio that a process keeps
_LONGEST = 60.0  # seconds of a recording that are decoded at once


class Recordings:
    """All audio files in a folder and the folders within, in the order of their names.

    Args:
        folder: relative to where training is started, or absolute.
        longest: seconds; longer files are refused, ``None`` for no limit.

    Raises:
        InputError: there are none, or one cannot be read.
    """

    def __init__(self, folder: str, *, longest: float | None = None) -> None:
        root = Path(folder)
        self.paths = sorted(p for p in root.rglob("*") if p.suffix.lower() in _SUFFIXES)
        if not self.paths:
            told = "has no audio files" if root.is_dir() else "is no folder"
            raise InputError(f"{folder!r} {told}; give one of {', '.join(_SUFFIXES)} files")
        # Every header is read now: a bad file is not to end a run that is hours old.
        self.seconds = [audio_info(path).seconds for path in self.paths]
        far = [p for p, s in zip(self.paths, self.seconds, strict=True) if s > (longest or 1e9)]
        if far:
            raise InputError(f"{far[0]}: longer than {longest:g} s; cut it, or remove it")
        self._room = _MOST_BYTES
        self._decoded: dict[tuple[int, int], Tensor] = {}

    def whole(self, sample_rate: int, generator: torch.Generator) -> Tensor:
        """One of the recordings, its channels mixed: ``(samples,)``."""
        return self._read(one_of(range(len(self.paths)), generator), sample_rate)

    def part(self, samples: int, sample_rate: int, generator: torch.Generator) -> Tensor:
        """A stretch of one of the recordings, from anywhere in it, ``(samples,)``.

        One that is too short is repeated.
        """
        number = one_of(range(len(self.paths)), generator)
        place = torch.rand((), generator=generator).item()
        wanted = samples / sample_rate
        if self.seconds[number] > max(_LONGEST, wanted):
            begin = place * (self.seconds[number] - wanted)
            found = self._decode(number, sample_rate, begin, wanted)
        else:
            found = self._read(number, sample_rate)
            begin = int(place * (max(len(found) - samples, 0) + 1))
            found = found[begin : begin + samples]
        return found.repeat(-(-samples // len(found)))[:samples]

    def _read(self, number: int, sample_rate: int) -> Tensor:
        known = self._decoded.get((number, sample_rate))
        if known is not None:
            return known
        found = self._decode(number, sample_rate)
        size = found.numel() * found.element_size()
        if size <= self._room:
            self._room -= size
            self._decoded[number, sample_rate] = found
        return found

    def _decode(
        self, number: int, sample_rate: int, offset: float = 0.0, seconds: float | None = None
    ) -> Tensor:
        path = self.paths[number]
        return read_audio(path, sample_rate, offset=offset, seconds=seconds)[0]
