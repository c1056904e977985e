"""Every row of the tables of faults is named by a test, or it is said why not.

The rows are numbered as ``KIND-NN``: 17 ``attack``; of what happens to a run the 13 ``signal``, 9
ways to ``resume``, 5 to ``write`` a checkpoint, 3 where numbers are not ``finite``, 2 of several
``processes`` and 5 of ``wandb``; 101 bad inputs as ``row``: audio from 1, manifests and texts from
42, configs and checkpoints from 70.
"""

import re
from functools import cache
from pathlib import Path

import pytest

FOLDERS = [Path(__file__).parent, Path(__file__).parents[1] / "training"]
COUNTS = {
    "attack": 17, "signal": 13, "resume": 9, "write": 5, "finite": 3, "processes": 2, "wandb": 5,
    "row": 101,
}  # fmt: skip
NAMES = re.compile(r"(?:id=f?\"|def test_|^    \"|^(?=row-))([^\"( ]+)", re.MULTILINE)
NAMED = re.compile(rf"(?:^|[-_])({'|'.join(COUNTS)})[-_](\d+)")
UNCOVERED: dict[str, str] = {}  # by row, the reason
WANTED = [f"{kind}-{n:02d}" for kind, count in COUNTS.items() for n in range(1, count + 1)]


@cache
def _named() -> set[str]:
    files = {path for folder in FOLDERS for path in folder.glob("test_*.py")} - {Path(__file__)}
    texts = [path.read_text("utf-8") for path in files]
    names = [name for text in texts for name in NAMES.findall(text)]
    found = (match for name in names for match in NAMED.findall(name))
    return {f"{kind}-{int(number):02d}" for kind, number in found}


@pytest.mark.parametrize("row", WANTED)
def test_each_row_is_named_by_a_test_or_known_not_to_be(row: str) -> None:
    assert (row in _named()) != (row in UNCOVERED)


def test_no_test_names_a_row_that_is_not_in_the_tables() -> None:
    assert _named() <= set(WANTED)
    assert set(UNCOVERED) <= set(WANTED)
