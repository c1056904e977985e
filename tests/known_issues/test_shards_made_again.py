"""Tar files are padded, so a shard with other labels often has the size that its index notes.

Training went on with the labels that the old index beside it has, and nothing told so.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.data.corpora.shards import Shards
from asr.data.index import Index
from asr.data.index_cache import open_index
from asr.data.sharding import write_shards
from asr.data.utterance import Utterance


@pytest.fixture(autouse=True)
def audio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASR_CACHE", str(tmp_path / "cache"))
    soundfile.write(tmp_path / "a.wav", np.zeros(800), 8000)
    return tmp_path / "a.wav"


def _shard(folder: Path, audio: Path, labels: Sequence[str]) -> Path:
    rows = [Utterance(str(n), audio, label=label) for n, label in enumerate(labels)]
    write_shards(Index.of(rows), folder, "train", shard_bytes=10**9, seed=None)
    return folder / "train-000000.tar"


def _labels(folder: Path) -> list[str]:
    return [utterance.label for utterance in open_index(Shards(str(folder)), "train")]


def test_a_shard_made_again_with_other_labels_is_searched(tmp_path: Path, audio: Path) -> None:
    shard = _shard(tmp_path / "shards", audio, ["cat", "dog"])
    assert _labels(shard.parent) == ["cat", "dog"]
    mended = _shard(tmp_path / "mended", audio, ["dog", "elephant"])
    assert mended.stat().st_size == shard.stat().st_size
    now = shard.with_suffix(".arrow").stat().st_mtime_ns + 1_000_000
    shard.write_bytes(mended.read_bytes())
    os.utime(shard, ns=(now, now))

    assert _labels(shard.parent) == ["dog", "elephant"]


def test_an_index_as_old_as_its_shard_or_younger_is_used(
    tmp_path: Path, audio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shard = _shard(tmp_path, audio, ["cat", "dog"])
    monkeypatch.setattr("asr.data.corpora.shards.tar_utterances", None)
    for later in (0, 10**9):
        time = shard.stat().st_mtime_ns
        os.utime(shard.with_suffix(".arrow"), ns=(time + later, time + later))
        assert [u.label for u in Shards(str(tmp_path)).utterances("train")] == ["cat", "dog"]
