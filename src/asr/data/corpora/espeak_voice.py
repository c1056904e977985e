"""The voice of eSpeak NG, heard from a process of its own.

eSpeak NG is free software under the GPL-3. It comes in the ``espeakng-loader`` wheel and is
loaded at run time only, by the child process that this file is the program of.

Its output depends on what it said before (phases, echoes, the C library's ``rand``), so every
call of ``speak`` starts a fresh process and is a pure function of its argument. That process
also keeps what the library prints, and a crash of it, away from the caller.
"""

import ctypes
import json
import os
import re
import struct
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from asr.errors import InputError

RATE = 22_050  # hertz
_SYNCHRONOUS, _DO_NOT_EXIT, _UTF8, _BY_CHARACTER = 2, 0x8000, 1, 1  # speak_lib.h
_WORDS_PER_MINUTE, _PITCH, _PITCH_RANGE, _WORD_GAP = 1, 3, 4, 7  # espeak_PARAMETER
_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class Saying(NamedTuple):
    """What to say and how.

    Attributes:
        voice: an accent and a variant, such as ``en-us+Andy``.
        words_per_minute: 80 to 450.
        pitch: 0 to 100, 50 is the variant's own.
        pitch_range: 0 (monotonous) to 100, 50 is the variant's own.
        word_gap: silence between words, in units of about 10 ms.
    """

    text: str
    voice: str
    words_per_minute: int
    pitch: int
    pitch_range: int
    word_gap: int


class Variant(NamedTuple):
    """A timbre that any accent can be spoken with.

    Attributes:
        formants: frequencies of formants 0 to 8, in percent of the default voice's.
    """

    name: str
    formants: tuple[int, ...]


def variants() -> list[Variant]:
    """The timbres that eSpeak NG brings along, by name, without those that cannot be repeated.

    Variants with ``breath`` (two whispers and ten more) read memory that nothing has written:
    two runs of the same program differ.

    Raises:
        InputError: eSpeak NG is not installed.
    """
    if find_spec("espeakng_loader") is None:
        raise InputError(
            "the espeak corpus needs eSpeak NG, which is not installed; pip install -e "
            "'.[espeak]', or choose another corpus, for example corpus=yesno corpus.root=..."
        )
    import espeakng_loader

    folder = Path(espeakng_loader.get_data_path()) / "voices" / "!v"
    settings = {
        file.name: file.read_text(encoding="utf-8", errors="replace") for file in folder.iterdir()
    }
    return [
        Variant(name, _formants(text))
        for name, text in sorted(settings.items())
        if not re.search(r"^\s*breath\s", text, re.MULTILINE)
    ]


def _formants(settings: str) -> tuple[int, ...]:
    found = re.findall(r"^\s*formant\s+(\d)\s+(\d+)", settings, re.MULTILINE)
    percent = {int(number): int(frequency) for number, frequency in found}
    return tuple(percent.get(number, 100) for number in range(9))


def speak(sayings: Sequence[Saying]) -> list[bytes]:
    """Say these one after another in a fresh process: 16-bit mono samples at ``RATE``.

    Raises:
        InputError: eSpeak NG does not run here, or does not know a voice.
    """
    child = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps(sayings).encode(),
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    if child.returncode != 0:
        said = child.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise InputError(
            f"eSpeak NG stopped with status {child.returncode} ({said[-1]}); reinstall it, "
            "pip install --force-reinstall espeakng-loader, or choose another corpus"
        )
    stream = BytesIO(child.stdout)
    return [stream.read(*struct.unpack("<I", stream.read(4))) for _ in sayings]


def _main() -> None:
    # The library may print to standard output, so the samples leave by a copy of it.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    heard: list[bytes] = []

    def listen(samples: "ctypes._Pointer[ctypes.c_short]", count: int, events: int) -> int:
        if samples and count > 0:
            heard.append(ctypes.string_at(samples, 2 * count))
        return 0  # go on

    callback = _CALLBACK(listen)  # kept by name, or it would be collected while in use
    library = _load(callback)
    for row in json.loads(sys.stdin.buffer.read()):
        heard.clear()
        _say(library, Saying(*row))
        output.write(struct.pack("<I", sum(map(len, heard))) + b"".join(heard))
    output.close()


def _load(callback: "ctypes._FuncPointer") -> ctypes.CDLL:
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    data = Path(espeakng_loader.get_data_path())
    os.chdir(data.parent)  # the library cannot take a path of 160 bytes or more
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, data.name.encode(), _DO_NOT_EXIT)
    if rate != RATE:
        raise RuntimeError(f"expected a sample rate of {RATE}, got {rate}")
    library.espeak_SetSynthCallback(callback)
    return library


def _say(library: ctypes.CDLL, saying: Saying) -> None:
    if library.espeak_SetVoiceByName(saying.voice.encode()) != 0:
        raise RuntimeError(f"no voice {saying.voice!r}")
    library.espeak_SetParameter(_WORDS_PER_MINUTE, saying.words_per_minute, 0)
    library.espeak_SetParameter(_PITCH, saying.pitch, 0)
    library.espeak_SetParameter(_PITCH_RANGE, saying.pitch_range, 0)
    library.espeak_SetParameter(_WORD_GAP, saying.word_gap, 0)
    text = saying.text.encode()
    size = ctypes.c_size_t(len(text) + 1)
    if library.espeak_Synth(text, size, 0, _BY_CHARACTER, 0, _UTF8, None, None) != 0:
        raise RuntimeError(f"could not say {saying.text!r}")


if __name__ == "__main__":
    _main()
