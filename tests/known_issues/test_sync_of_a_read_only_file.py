"""Windows syncs no file that is open for reading only: keeping an index ended in EBADF."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.data.corpora.manifest import Manifest
from asr.data.index_cache import open_index

fcntl = pytest.importorskip("fcntl")


def test_an_index_is_synced_through_a_file_open_for_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = list[int]()

    def fsync(descriptor: int) -> None:
        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, "Bad file descriptor")
        synced.append(os.fstat(descriptor).st_size)

    monkeypatch.setenv("ASR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("os.fsync", fsync)
    soundfile.write(tmp_path / "a.wav", np.zeros(800), 8000)
    (tmp_path / "train.jsonl").write_text('{"audio_filepath": "a.wav", "text": "a"}\n')

    index = open_index(Manifest(train=str(tmp_path / "train.jsonl")), "train")

    assert len(index) == 1
    [kept] = (tmp_path / "cache" / "index").glob("*.arrow")
    assert synced == [kept.stat().st_size]
