"""A run small enough to be repeated many times: a made-up language and a tiny model."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TINY = [
    "corpus=tones",
    "corpus.train=48",
    "corpus.val=12",
    "corpus.test=13",
    "augment.spectrogram.time_width=4",
    "data.batch_seconds=12",
    "trainer=cpu",
    "trainer.max_epochs=2",
    "trainer.precision=32",
    "trainer.threads=1",
]
BODY = [
    "features.sample_rate=8000",
    "features.bins=40",
    "model.blocks=[{channels: 32, pool: {kind: max, kernel: 2}}, {channels: 48}]",
]


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the made-up corpus is, so that it is made once."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def run(tones: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs ``python train.py`` on the tiny settings, in a folder of its own."""
    return partial(train, tones, tmp_path)


def train(
    tones: Path, cwd: Path, *overrides: str, tiny: bool = True, body: bool = True, status: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run ``python train.py`` in ``cwd``; without ``body`` the network is not said."""
    settings = [*TINY, *(BODY if body else []), f"data_root={tones}"] if tiny else []
    flags = [item for item in overrides if item.startswith("-")]
    given = [item for item in overrides if not item.startswith("-")]
    done = subprocess.run(
        [sys.executable, ROOT / "train.py", *flags, *settings, *given],
        cwd=cwd, capture_output=True, text=True, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == status, done.stdout + done.stderr
    return done


def summary(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "summary.json").read_text())
