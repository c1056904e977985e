"""Folders of evaluations for tests of the report, hostile ones among them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from asr.evaluation.analysis import analysis, detection
from asr.json_files import write_json, write_json_lines
from asr.metrics.alignment import confusions
from asr.metrics.confusion import Confusion, per_class
from tests.evaluation.rows import label, transcript

HOSTILE = (
    "</script><script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=2>",
    "\"' onmouseover=window.pwned=3 <svg/onload=window.pwned=4>",
    "<!--<script>window.pwned=5",
    "{{script}} \u2028\u2029 \u202eright to left\u202c شلوم \x00\x07",
)


def tone(path: Path, seconds: float = 1.0) -> Path:
    """A tone as a WAV of 8 kHz."""
    time = np.arange(int(8000 * seconds)) / 8000
    soundfile.write(path, (0.3 * np.sin(2 * np.pi * 440 * time)).astype(np.float32), 8000)
    return path


def transcripts(folder: Path, rows: Sequence[dict[str, Any]], model: str = "none") -> Path:
    """The folder of an evaluation of transcripts."""
    names = ("substitutions", "deletions", "insertions", "words")
    counts = {name: sum(row[name] for row in rows) for name in names}
    wer = sum(counts[name] for name in names[:3]) / max(counts["words"], 1)
    _write(folder, rows, {"wer": wer}, model, counts)
    texts = [(row["hypothesis"], row["reference"]) for row in rows]
    write_json(folder / "confusions.json", confusions(texts))
    return folder


def labels(folder: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """The folder of an evaluation of labels."""
    names = list(rows[0]["probabilities"])
    share = float(np.mean([row["reference"] == row["hypothesis"] for row in rows]))
    _write(folder, rows, {"accuracy": share}, "none", {})
    found = Confusion(names)
    found.update([row["hypothesis"] for row in rows], [row["reference"] for row in rows])
    matrix = found.compute()
    each = per_class(matrix)._asdict().items()
    told = {label: {k: float(v[i]) for k, v in each} for i, label in enumerate(names)}
    write_json(
        folder / "confusion.json",
        {"labels": names, "matrix": matrix[:-1].tolist(), "unseen": matrix[-1].tolist(),
         "per_label": told},
    )  # fmt: skip
    write_json(folder / "roc.json", detection(rows))
    return folder


def ordinary(folder: Path, count: int = 40) -> Path:
    """Transcripts with 0, 1 and 2 errors in turn, of two speakers, all with a tone to hear."""
    path = str(tone(folder.parent / "tone.wav"))
    heard = ("one two three", "one too three", "one three four five")
    rows = [
        {**transcript(f"u{n:03d}", "one two three", heard[n % 3], f"s{n % 2}",
                      confidence=(n % 10) / 10), "path": path}
        for n in range(count)
    ]  # fmt: skip
    return transcripts(folder, rows)


def hostile(folder: Path) -> Path:
    """Transcripts, ids, speakers and columns that would run something, were they markup."""
    path = str(tone(folder.parent / "tone.wav"))
    rows = [
        {**transcript(f"{n} {text}", f"a {text}", f"b {text} c", text, confidence=0.5,
                      extras={text: text, "plain": text}), "path": path}
        for n, text in enumerate(HOSTILE)
    ]  # fmt: skip
    return transcripts(folder, rows, model=HOSTILE[0])


def hostile_labels(folder: Path) -> Path:
    """Labels that would run something, were they markup."""
    rows = []
    for n in range(12):
        row = label(n, HOSTILE[n % 3], [0.5, 0.3, 0.2])
        shares = dict(zip(HOSTILE, row["probabilities"].values(), strict=False))
        rows.append({**row, "hypothesis": HOSTILE[n % 2], "probabilities": shares})
    return labels(folder, rows)


def _write(
    folder: Path, rows: Sequence[dict[str, Any]], rates: dict[str, float], model: str,
    counts: dict[str, int],
) -> None:  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    extras = {name for row in rows for name in row["extras"]}
    summary = {
        **rates, "test": rates, **counts, "utterances": {"kept": len(rows), "skipped": 0},
        "audio_seconds": float(len(rows)), "real_time_factor": 0.01, "model": model,
        "data": {"source": f"data {model}"}, **analysis(rows, sorted(extras)),
    }  # fmt: skip
    write_json(folder / "summary.json", summary)
    write_json_lines(folder / "utterances.jsonl", rows)
