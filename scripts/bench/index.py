"""What an index of many utterances costs: time to open and to plan, and memory.

    python scripts/bench/index.py [--rows 10000 100000 1000000 10000000] [--folder DIR]

The rows are made up and written in the format of a real index, without audio. Each size is
measured in a process of its own; ``open`` ends when rows and durations are known, ``plan`` when
the batches of an epoch are, in which each utterance has a speed that is drawn. The workers start
afresh (spawn), so that they share nothing by descent, look up rows at random, and are compared
with one that only imports the same code.
"""

import argparse
import json
import multiprocessing
import os
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from asr.augment.speed import Speed
from asr.data.dataset import SpeechDataset
from asr.data.drawn import DrawnSampler
from asr.data.index import Index
from asr.data.index_file import BATCH, SCHEMA, IndexFile, IndexWriter

SIZES = [10_000, 100_000, 1_000_000, 10_000_000]
LOOKS = 20_000  # rows that a worker looks up
MB = 2**20


def measure(rows: int, folder: Path) -> dict[str, float]:
    """Measure an index of ``rows`` utterances in this process, which should be a fresh one.

    Args:
        folder: for the index file, of about 200 bytes a row.
    """
    path = folder / f"{rows}.arrow"
    if not path.exists():
        write(path, rows)
    before = _memory()["rss"]
    began = time.perf_counter()
    index = Index.open(IndexFile(path))
    sampler_input = index.seconds
    opened = time.perf_counter()
    sampler = DrawnSampler(sampler_input, pacing=Speed(), max_seconds=60.0, seed=1)
    batches = iter(sampler)
    next(batches)
    planned = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    empty, reading = _in_worker(None), _in_worker(index)
    return {
        "rows": rows,
        "file_mb": path.stat().st_size / MB,
        "batches": len(sampler),
        "open_seconds": opened - began,
        "plan_seconds": planned - opened,
        "main_peak_mb": peak / MB,
        "main_peak_above_start_mb": (peak - before) / MB,
        **{f"worker_{kind}_mb": (reading[kind] - empty[kind]) / MB for kind in empty},
    }


def write(path: Path, rows: int) -> None:
    """Write an index of made-up utterances, a record batch at a time."""
    random = np.random.default_rng(0)
    with IndexWriter(path) as writer:
        for first in range(0, rows, BATCH):
            writer.append_columns(_made_up(range(first, min(first + BATCH, rows)), random))


def _made_up(numbers: range, random: np.random.Generator) -> pa.RecordBatch:
    count = len(numbers)
    seconds = np.clip(random.gamma(4.0, 1.2, count), 0.1, 35.0).round(2)
    columns: dict[str, Any] = {
        "id": [f"corpus/part-{n // 1000:05d}/{n:08d}" for n in numbers],
        "path": [f"/data/corpus/part-{n // 1000:05d}/{n:08d}.flac" for n in numbers],
        "offset": np.zeros(count),
        "seconds": seconds,
        "rate": np.full(count, 16_000, np.int32),
        "channels": np.ones(count, np.int32),
        "text": ["and so the words go on " * max(1, int(s / 1.5)) for s in seconds],
        "label": [""] * count,
        "speaker": [f"speaker{n % 10_000}" for n in numbers],
        "extras": ["{}"] * count,
        "line": [f"/data/corpus/train.jsonl:{n + 1}" for n in numbers],
        "begin": [None] * count,
        "size": [None] * count,
        "channel": [None] * count,
        "bytes": (seconds * 16_000).astype(np.int64),
        "modified": np.zeros(count, np.int64),
        "reason": [None] * count,
    }
    arrays = [pa.array(columns[field.name], field.type) for field in SCHEMA]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def _in_worker(index: Index | None) -> dict[str, float]:
    """Memory of a worker of its own, in bytes, after it has looked up rows of ``index``."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_looked_up, index).result()


def _looked_up(index: Index | None) -> dict[str, float]:
    assert SpeechDataset is not None  # imported in every worker, as a loader's is
    random = np.random.default_rng(os.getpid())
    for row in random.integers(len(index), size=LOOKS) if index is not None else ():
        index[int(row)]
    found = _memory()
    return {kind: found[kind] for kind in ("private", "uss", "pss")}


def _memory() -> dict[str, float]:
    """Bytes of this process: resident, and of these its own alone, or its share; Linux only.

    ``private`` are pages that exist for this process only; ``uss`` counts besides those of the
    index file that no other process has mapped at the moment, which the system can drop.
    """
    text = Path("/proc/self/smaps_rollup").read_text()
    kb = {name: int(value) for name, value in re.findall(r"^(\w+): +(\d+) kB", text, re.M)}
    return {
        "rss": kb["Rss"] * 1024,
        "private": kb["Anonymous"] * 1024,
        "uss": (kb["Private_Dirty"] + kb["Private_Clean"]) * 1024,
        "pss": kb["Pss"] * 1024,
    }


def alone(measured: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measured, *arguments).result()


def plot(found: Sequence[Mapping[str, float]], path: Path) -> None:
    """Time and memory over the number of rows, both axes by decades."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.2), layout="constrained")
    rows = [size["rows"] for size in found]
    kinds = {
        "seconds": {"open_seconds": "open", "plan_seconds": "plan an epoch"},
        "MB": {
            "main_peak_above_start_mb": "main process, above its start",
            "worker_private_mb": "a worker, beyond an empty one",
        },
    }
    for axes, (unit, lines) in zip(figure.subplots(1, 2), kinds.items(), strict=True):
        for key, label in lines.items():
            axes.loglog(rows, [size[key] for size in found], marker="o", label=label)
        axes.set(xlabel="utterances", ylabel=unit)
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(path)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=SIZES, metavar="N")
    parser.add_argument("--folder", type=Path, help="for the index files, kept there")
    parser.add_argument("--plot", type=Path, help="draw time and memory into this file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for rows in given.rows:
            alone(write, folder / f"{rows}.arrow", rows)
        found = [alone(measure, rows, folder) for rows in given.rows]
    if given.plot is not None:
        plot(found, given.plot)
    json.dump(found, sys.stdout, indent=2)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
