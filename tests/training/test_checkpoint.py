"""Checkpoint files are whole or not there, and the newest whole one is found by its content.

Of the table of faults, section 2, Checkpoint writing: every row but that on names of
sub-directories, which no file of ours has.
"""

import errno
import os
import resource
import shutil
from pathlib import Path
from typing import Any, NoReturn

import pytest
import torch

from asr.errors import InputError
from asr.training.checkpoint import AtomicCheckpointIO, copy_to_last, refuse_too_little_space
from asr.training.newest import newest


def content(step: int, *, validating: bool = False, size: int = 1000) -> dict[str, Any]:
    return {
        "state_dict": {"model.weight": torch.full((size,), float(step))},
        "global_step": step,
        "asr_position": {"epoch": step, "batch": 0, "validating": validating},
        "asr_recipe": {},
    }


def write(path: Path, step: int, **kwargs: Any) -> Path:
    AtomicCheckpointIO().save_checkpoint(content(step, **kwargs), path)
    return path


def step_of(path: Path) -> int:
    return int(torch.load(path, weights_only=True)["global_step"])


def test_write_02_a_full_disk_leaves_the_previous_checkpoint_and_names_the_free_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "last.ckpt", 1)

    def full(descriptor: int) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    message = r"last.ckpt: not written \(No space left on device\); \d+ MiB free there; the one"
    with pytest.raises(InputError, match=message):
        write(path, 2)
    assert step_of(path) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["last.ckpt"]


def test_a_file_that_may_not_grow_leaves_the_previous_checkpoint(tmp_path: Path) -> None:
    path = write(tmp_path / "last.ckpt", 1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(InputError, match=r"last.ckpt: not written \(.*; the one before it is"):
            write(path, 2, size=1_000_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert step_of(path) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["last.ckpt"]


def test_write_03_the_temporary_folder_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", "/nowhere")
    assert step_of(write(tmp_path / "last.ckpt", 1)) == 1


def test_write_01_what_a_killed_run_left_half_written_is_swept(tmp_path: Path) -> None:
    (tmp_path / ".last.ckpt.123.writing").write_bytes(b"half")
    write(tmp_path / "last.ckpt", 1)
    assert [file.name for file in tmp_path.iterdir()] == ["last.ckpt"]


def test_space_is_checked_before_training(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    with pytest.raises(InputError, match=r"MiB free, but checkpoints need \d+ MiB; make room"):
        refuse_too_little_space(tmp_path, free)
    refuse_too_little_space(tmp_path, 1000)


def test_write_04_the_newest_checkpoint_is_found_by_its_content(tmp_path: Path) -> None:
    write(tmp_path / "last.ckpt", 5)
    write(tmp_path / "last-v1.ckpt", 7)
    write(tmp_path / "best.ckpt", 6)
    found = newest(tmp_path)
    assert found is not None
    assert (found.path.name, found.step) == ("last-v1.ckpt", 7)


def test_of_two_at_the_same_step_the_one_after_the_validation_is_newer(tmp_path: Path) -> None:
    write(tmp_path / "last.ckpt", 5, validating=True)
    write(tmp_path / "best.ckpt", 5)
    found = newest(tmp_path)
    assert found is not None
    assert found.path.name == "best.ckpt"


DAMAGE = {
    "empty": lambda data: b"",
    "truncated": lambda data: data[: len(data) // 2],
    "one bit": lambda data: data[:2000] + bytes([data[2000] ^ 1]) + data[2001:],
    "text": lambda data: b"this is no checkpoint",
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_checkpoint_is_passed_over_and_told_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    path = write(tmp_path / "last.ckpt", 5)
    write(tmp_path / "best.ckpt", 4)
    path.write_bytes(DAMAGE[name](path.read_bytes()))

    found = newest(tmp_path)

    assert found is not None
    assert found.path.name == "best.ckpt"
    [message] = {record.getMessage() for record in caplog.records}
    assert message.startswith(f"resume: passed over {path}: damaged")


def test_without_a_whole_checkpoint_there_is_nothing_to_go_on_with(tmp_path: Path) -> None:
    assert newest(tmp_path) is None
    (tmp_path / "last.ckpt").write_bytes(b"")
    with pytest.raises(InputError, match="holds no checkpoint that is whole"):
        newest(tmp_path)


def test_the_checkpoint_that_a_run_goes_on_from_becomes_its_last(tmp_path: Path) -> None:
    write(tmp_path / "last.ckpt", 5)
    copy_to_last(write(tmp_path / "best.ckpt", 8))
    assert step_of(tmp_path / "last.ckpt") == 8
    assert len(list(tmp_path.iterdir())) == 2
