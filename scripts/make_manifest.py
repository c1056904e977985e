"""Write manifest.jsonl into the folder of a small corpus, which its experiment then reads.

    python scripts/make_manifest.py an4 FOLDER      holds etc/an4_train.transcription and wav/
    python scripts/make_manifest.py fsdd FOLDER     holds recordings/7_jackson_32.wav
    python scripts/make_manifest.py esc10 FOLDER    holds meta/esc50.csv and audio/

data/README.md says where they come from. Nothing but manifest.jsonl is written, and none replaced.
"""

import argparse
import csv
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from asr.data.audio import audio_info
from asr.errors import InputError

Row = dict[str, Any]
DEV = {"fjmd", "mbmg", "mdcs2", "mjgk", "mmap", "mrcb", "msjr", "mtcv"}  # speakers of AN4's 74
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_LINE = re.compile(r"<s>(?P<text>.*)</s>\s*\((?P<id>[^()\s]+)\)")
_TAKE = re.compile(r"([0-9])_([^_]+)_([0-9]+)")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", choices=sorted(ROWS))
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    try:
        write(ROWS[arguments.corpus], arguments.folder)
    except (InputError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def write(rows: Callable[[Path], Iterator[Row]], folder: Path) -> None:
    """Write a row for each recording, with its duration.

    Raises:
        InputError: there is a manifest already, or something is missing.
    """
    manifest = folder / "manifest.jsonl"
    if manifest.exists():
        raise InputError(f"{manifest}: is there already; remove it to make it anew")
    lines = []
    for row in rows(folder):
        seconds = audio_info(folder / row["audio_filepath"]).seconds
        lines.append(json.dumps({**row, "duration": round(seconds, 4)}) + "\n")
    if not lines:
        raise InputError(f"{folder}: holds no recordings in the layout that --help tells")
    manifest.write_text("".join(lines))
    print(f"{manifest}: {len(lines)} recordings")


def an4(folder: Path) -> Iterator[Row]:
    """CMU AN4: 74 speakers to train, of whom eight are dev, and its own test set."""
    for name in ("train", "test"):
        transcripts = folder / "etc" / f"an4_{name}.transcription"
        paths = (folder / "etc" / f"an4_{name}.fileids").read_text().split()
        of = {Path(path).name: path for path in paths}
        for number, line in enumerate(transcripts.read_text().splitlines(), 1):
            found = _LINE.fullmatch(line.strip())
            if not found or found["id"] not in of:
                raise InputError(f"{transcripts}:{number}: is no '<s> TEXT </s> (ID)' of a file")
            path = of[found["id"]]
            speaker = Path(path).parent.name
            yield {
                "audio_filepath": f"wav/{path}.sph",
                "text": found["text"].strip().lower(),
                "speaker": speaker,
                "split": "dev" if name == "train" and speaker in DEV else name,
            }


def fsdd(folder: Path) -> Iterator[Row]:
    """Free Spoken Digit Dataset: the first five takes of each digit and speaker are its test."""
    for path in sorted((folder / "recordings").glob("*.wav")):
        found = _TAKE.fullmatch(path.stem)
        if not found:
            raise InputError(f"{path}: is not named DIGIT_SPEAKER_TAKE.wav; move it elsewhere")
        digit, speaker, take = found.groups()
        yield {
            "audio_filepath": f"recordings/{path.name}",
            "text": DIGITS[int(digit)],
            "label": digit,
            "speaker": speaker,
            "split": "test" if int(take) < 5 else "train",
        }


def esc10(folder: Path) -> Iterator[Row]:
    """The ten kinds of sound that ESC-50 marks as ESC-10, in their folds."""
    with (folder / "meta" / "esc50.csv").open(newline="") as file:
        reader = csv.DictReader(file)
        if not {"filename", "fold", "category", "esc10"} <= set(reader.fieldnames or ()):
            raise InputError(f"{file.name}: is not the table of ESC-50")
        for row in reader:
            if row["esc10"] == "True":
                yield {
                    "audio_filepath": f"audio/{row['filename']}",
                    "label": row["category"],
                    "fold": int(row["fold"]),
                }


ROWS: dict[str, Callable[[Path], Iterator[Row]]] = {"an4": an4, "esc10": esc10, "fsdd": fsdd}

if __name__ == "__main__":
    sys.exit(main())
