"""Every row of the tables of attacks and of bad inputs is named by a test, or it is said why not.

The rows are numbered: 17 attacks, as ``attack-NN``, and 101 bad inputs, as ``row-NN``: audio from
1, manifests and texts from 42, configs and checkpoints from 70.
"""

import re
from functools import cache
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
NAMED = re.compile(r"(?:id=f?\"|def test_)(row|attack)[-_](\d+)")
UNCOVERED: dict[str, str] = {
    "row-101": "resuming a finished run is tested where resuming is, in tests/training",
}
WANTED = [f"attack-{n:02d}" for n in range(1, 18)] + [f"row-{n:02d}" for n in range(1, 102)]


@cache
def _named() -> set[str]:
    texts = [path.read_text("utf-8") for path in FOLDER.glob("test_*_rows.py")]
    texts += [(FOLDER / name).read_text("utf-8") for name in ("test_attacks.py", "test_fuzz.py")]
    found = (match for text in texts for match in NAMED.findall(text))
    return {f"{kind}-{int(number):02d}" for kind, number in found}


@pytest.mark.parametrize("row", WANTED)
def test_each_row_is_named_by_a_test_or_known_not_to_be(row: str) -> None:
    assert (row in _named()) != (row in UNCOVERED)


def test_no_test_names_a_row_that_is_not_in_the_tables() -> None:
    assert _named() <= set(WANTED)
    assert set(UNCOVERED) <= set(WANTED)
