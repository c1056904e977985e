"""Write the clips of a manifest in the layout of Speech Commands, which torchaudio reads.

    python scripts/speech_commands_layout.py MANIFEST FOLDER

MANIFEST is JSON lines with ``audio_filepath``, ``label``, ``speaker`` and ``split``, which is
train, val (or dev, valid) or test. The clips are written as 16-bit WAV at 16 kHz:

    FOLDER/SpeechCommands/speech_commands_v0.02/
        bed/0397ecda_nohash_0.wav
        testing_list.txt
        validation_list.txt

Train on them with ``python train.py corpus=speech_commands corpus.root=FOLDER``.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

import soundfile

from asr.data.audio import read_audio
from asr.data.corpora.manifest import Manifest
from asr.data.utterance import Split, Utterance
from asr.errors import InputError

SAMPLE_RATE = 16_000
LISTS: dict[Split, str | None] = {
    "train": None,  # whatever no list names
    "val": "validation_list.txt",
    "test": "testing_list.txt",
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("manifest", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    try:
        write(arguments.manifest, arguments.folder / "SpeechCommands" / "speech_commands_v0.02")
    except (InputError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def write(manifest: Path, folder: Path) -> None:
    if folder.exists():
        raise InputError(f"{folder}: is there already; remove it or give another folder")
    corpus = Manifest(path=str(manifest))
    takes: Counter[tuple[str, str]] = Counter()
    names: dict[Split, list[str]] = {}
    for split in LISTS:
        names[split] = [_copy(utterance, folder, takes) for utterance in corpus.utterances(split)]
    # The lists come last: without them torchaudio does not take a half for the whole.
    for split, name in LISTS.items():
        if name:
            (folder / name).write_text("".join(f"{clip}\n" for clip in names[split]))


def _copy(utterance: Utterance, folder: Path, takes: Counter[tuple[str, str]]) -> str:
    word, speaker = utterance.label, utterance.speaker
    for key, value in (("label", word), ("speaker", speaker)):
        if not value or Path(value).name != value or "_nohash_" in value:
            raise InputError(f"{utterance.line}: {key}: {value!r} makes no file name; rename it")
    name = f"{word}/{speaker}_nohash_{takes[word, speaker]}.wav"
    takes[word, speaker] += 1
    waveform = read_audio(
        utterance.path, SAMPLE_RATE, offset=utterance.offset, seconds=utterance.seconds,
        window=utterance.window,
        channel="mix" if utterance.channel is None else utterance.channel,
    )  # fmt: skip
    (folder / word).mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / name, waveform[0].numpy(), SAMPLE_RATE, subtype="PCM_16")
    return name


if __name__ == "__main__":
    sys.exit(main())
