"""What rare_words and balance keep of a row: at ten million rows 14.5 GB, or 1.6 kB a row."""

import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from asr.data.balance import groups_by
from asr.data.index import Index
from asr.data.index_file import IndexFile, IndexWriter
from asr.data.rare_words import RareWords

_ROWS = 30_000


def _bytes_a_row(act: Callable[[], object]) -> float:
    """Most that was allocated at once, for each row."""
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1] / _ROWS
    finally:
        tracemalloc.stop()


def test_rare_words_keep_no_set_of_words_for_each_row() -> None:
    words = [f"w{n}" for n in range(500)]

    def texts() -> Iterator[str]:
        return (" ".join(words[(n * k) % 500] for k in range(1, 9)) for n in range(_ROWS))

    assert _bytes_a_row(lambda: RareWords(texts(), 0.02, seed=1)) < 150


@pytest.mark.parametrize("column", ["label", "room"])
def test_one_long_value_does_not_make_every_row_as_wide(tmp_path: Path, column: str) -> None:
    values = ["x" * 400, *("ab"[n % 2] for n in range(_ROWS - 1))]
    blank = {"path": "a.wav", "text": "", "speaker": "", "label": "", "line": ""}
    with IndexWriter(tmp_path / "index.arrow") as writer:
        for number, value in enumerate(values):
            extras = json.dumps({"room": value})
            writer.append([{**blank, "id": str(number), "label": value, "extras": extras}])
    index = Index.open(IndexFile(tmp_path / "index.arrow"))

    assert _bytes_a_row(lambda: groups_by(index, column)) < 150
    assert np.bincount(groups_by(index, column)).tolist() == [_ROWS // 2, _ROWS // 2 - 1, 1]
