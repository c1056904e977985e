"""How exact alignment is on real speech whose boundaries are known: digits joined to strings."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scripts.alignment_error import boundary_errors
from scripts.bench.digits import make

ROOT = Path(__file__).parents[2]
DIGITS = next(
    (path / "shared/data/fsdd/audio" for path in (ROOT, ROOT.parent)
     if (path / "shared/data/fsdd/audio").is_dir()),
    None,
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(DIGITS is None, reason="needs shared/data/fsdd")
def test_word_boundaries_are_within_40_ms(tmp_path: Path) -> None:
    # Measured after ten epochs: 5.2 ms; docs/alignment.md.
    assert DIGITS
    manifest = make(DIGITS, tmp_path / "digits")
    overrides = [
        "corpus=manifest", f"corpus.path={manifest}", "vocabulary=characters", "trainer=cpu",
        "trainer.threads=1", "trainer.max_epochs=1", f"run_dir={tmp_path / 'run'}",
    ]  # fmt: skip
    subprocess.run(
        [sys.executable, ROOT / "train.py", *overrides], check=True, cwd=tmp_path,
        stdout=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip

    found = boundary_errors(tmp_path / "run", manifest, "test")

    assert len(found.begins) == len(found.ends) == 990
    assert np.median(np.abs([*found.begins, *found.ends])) <= 0.04
