"""How far the times of aligned words are from the true ones.

Each row of the manifest tells under ``words`` what is said and when, as ``scripts/bench/digits.py``
writes it: ``[{"word": "one", "begin": 0.2, "end": 0.6}, ...]``, in seconds. Every word has two
boundaries, and each is compared.

python scripts/alignment_error.py runs/mine digits/manifest.jsonl --split test
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from asr.bundle import load_model
from asr.evaluation.alignment import Recording, align_recordings
from asr.evaluation.transcribe import Failure


class BoundaryErrors(NamedTuple):
    """Errors in seconds, above 0 where a boundary is put too late, word by word."""

    begins: list[float]
    ends: list[float]


def boundary_errors(model: Path, manifest: Path, split: str) -> BoundaryErrors:
    """Align the rows of ``split`` and compare with the times that they tell.

    Raises:
        ValueError: a row cannot be aligned.
    """
    rows = list(_rows(manifest, split))
    recordings = [
        Recording(row["audio_filepath"], manifest.parent / row["audio_filepath"], row["text"])
        for row in rows
    ]
    errors = BoundaryErrors([], [])
    found = align_recordings(load_model(model).recognizer, recordings)
    for row, aligned in zip(rows, found, strict=True):
        if isinstance(aligned, Failure):
            raise ValueError(aligned.reason)
        for word, true in zip(aligned.words, row["words"], strict=True):
            errors.begins.append(word.begin - true["begin"])
            errors.ends.append(word.end - true["end"])
    return errors


def _rows(manifest: Path, split: str) -> Iterator[dict[str, Any]]:
    with manifest.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row.get("split") == split:
                yield row


def _told(name: str, errors: list[float]) -> str:
    ms = 1000 * np.array(errors)
    return (
        f"{name:10} {len(ms):6} {np.median(ms):8.1f} {np.median(abs(ms)):8.1f} "
        f"{np.percentile(abs(ms), 90):8.1f} {100 * np.mean(abs(ms) <= 40):8.1f}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--split", default="test")
    args = parser.parse_args()
    found = boundary_errors(args.model, args.manifest, args.split)
    sys.stdout.write("boundaries  count  bias ms   median      p90  % within 40 ms\n")
    for each, errors in zip(("begins", "ends"), found, strict=True):
        sys.stdout.write(_told(each, errors) + "\n")
    sys.stdout.write(_told("both", found.begins + found.ends) + "\n")
