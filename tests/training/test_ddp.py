"""Two processes on the CPU: what several GPUs do, with gloo in place of NCCL.

Of the table of faults, section 2: rows 10 to 13 of Signals, and DDP + Hydra.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from asr.cli import main

from .conftest import ROOT, summary
from .forked import start_two, tiny


def test_processes_01_two_test_exactly_what_one_evaluates(
    run, tmp_path: Path, tones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 13 test clips do not divide by two: none may be lost, none counted twice.
    run("trainer=ddp_cpu", "trainer.devices=2", "trainer.max_epochs=2", "run_dir=two")

    figures = summary(tmp_path / "two")
    lines = (tmp_path / "two/predictions.jsonl").read_text().splitlines()
    ids = [json.loads(line)["id"] for line in lines]
    assert figures["processes"] == 2
    heard = figures["audio_seconds_per_second"] * figures["seconds"]["fit"]
    assert heard == pytest.approx(2 * 3600 * figures["data"]["train"]["hours"], rel=0.25)
    assert ids == sorted(set(ids))
    assert len(ids) == 13

    monkeypatch.chdir(tmp_path)
    corpus = ["--corpus", "tones", "--root", str(tones / "tones"), "--split", "test"]
    sizes = ["--set=train=48", "--set=val=12", "--set=test=13"]
    assert main(["evaluate", "two", *corpus, *sizes, "--output", "one"]) == 0
    alone = summary(tmp_path / "one")["test"]
    for rate in ("wer", "cer"):
        assert alone[rate] == pytest.approx(figures["test"][rate], abs=1e-7)


class Beside:
    """``python train.py`` in two processes, the first of which starts the second."""

    def __init__(self, tones: Path, cwd: Path, *overrides: str) -> None:
        self.out, self.err = cwd / "out.txt", cwd / "err.txt"
        path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
        options = tiny(tones, "trainer=ddp_cpu", "run_dir=out", *overrides)
        with self.out.open("w") as out, self.err.open("w") as err:
            self.process = subprocess.Popen(
                [sys.executable, ROOT / "train.py", *options], cwd=cwd, stdout=out, stderr=err,
                env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path},
            )  # fmt: skip

    def children(self) -> list[Path]:
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [Path("/proc") / number for number in listed.split()]

    def until(self, said: str) -> None:
        end = time.monotonic() + 200
        while said not in self.out.read_text():
            assert time.monotonic() < end, self.err.read_text()
            assert self.process.poll() is None, self.err.read_text()
            time.sleep(0.05)


@contextmanager
def beside(tones: Path, cwd: Path, *overrides: str) -> Iterator[Beside]:
    launched = Beside(tones, cwd, *overrides)
    try:
        yield launched
    finally:
        launched.process.kill()
        launched.process.wait()


def gone(process: Path) -> bool:
    end = time.monotonic() + 10
    while process.exists() and time.monotonic() < end:
        time.sleep(0.05)
    return not process.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "status"),
    [
        pytest.param(signal.SIGTERM, 143, id="signal-10-sigterm"),
        pytest.param(signal.SIGINT, 130, id="signal-11-sigint"),
        pytest.param(signal.SIGHUP, 129, id="signal-11-sighup"),
    ],
)
def test_a_signal_to_the_first_process_alone_ends_all(
    tones: Path, tmp_path: Path, number: int, status: int
) -> None:
    with beside(tones, tmp_path, "trainer.max_epochs=5000") as launched:
        launched.until("epoch 1,")
        children = launched.children()
        launched.process.send_signal(number)
        ended = launched.process.wait(timeout=60)
        assert ended == status, launched.err.read_text()
        assert len(children) == 1
        assert gone(children[0])
    assert "saved out/last.ckpt at step " in launched.out.read_text()
    assert launched.err.read_text() == ""


@pytest.mark.slow
def test_a_process_that_crashes_ends_all_with_its_traceback_first(
    tones: Path, tmp_path: Path
) -> None:
    crash = "+callbacks.crash={_target_: crashing.Crashing, rank: 1, at: 5}"
    with beside(tones, tmp_path, "trainer.max_epochs=5000", crash) as launched:
        launched.until("epoch 1,")
        children = launched.children()
        status = launched.process.wait(timeout=60)
        assert status != 0
        assert all(map(gone, children))
    told = launched.err.read_text()
    first = told.split("Traceback")[1]
    assert "ArithmeticError: crashed on purpose" in first


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_signal_13_a_process_that_ends_without_a_word_ends_all(
    tones: Path, tmp_path: Path, rank: int
) -> None:
    crash = f"+callbacks.crash={{_target_: crashing.Crashing, rank: {rank}, at: 5, status: 17}}"
    with beside(tones, tmp_path, "trainer.max_epochs=5000", crash) as launched:
        launched.until("epoch 1,")
        children = launched.children()
        assert launched.process.wait(timeout=60) != 0
        assert all(map(gone, children))


@pytest.mark.slow
def test_signal_12_no_process_outlives_the_first_by_more_than_seconds(
    tones: Path, tmp_path: Path
) -> None:
    with beside(tones, tmp_path, "trainer.max_epochs=5000") as launched:
        launched.until("epoch 1,")
        children = launched.children()
        launched.process.kill()
        assert all(map(gone, children))


@pytest.mark.slow
def test_processes_02_a_sweep_of_two_has_a_folder_for_each_trial_and_no_other(
    run, tones: Path, tmp_path: Path
) -> None:
    # A quote in the name of the folder would break the command that Lightning starts again.
    run("-m", "trainer=ddp_cpu", "seed=1,2", 'run_dir="it\'s here"', "trainer.max_epochs=1")
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"it's here"}
    assert {path.name for path in (tmp_path / "it's here").iterdir()} == {"0", "1"}
    assert all(summary(tmp_path / f"it's here/{trial}")["processes"] == 2 for trial in (0, 1))


def test_a_batch_of_which_one_process_can_read_nothing_stops_neither(
    tones: Path, tmp_path: Path
) -> None:
    both = start_two(tmp_path, tiny(tones, "run_dir=out"), "unread:2", only="1")
    assert [ended.status for ended in both] == [0, 0], both[0].err + both[1].err


def test_a_step_that_is_not_finite_in_one_process_is_left_out_by_both(
    tones: Path, tmp_path: Path
) -> None:
    both = start_two(tmp_path, tiny(tones, "run_dir=out"), "waveform:2", only="1")
    assert [ended.status for ended in both] == [0, 0], both[0].err + both[1].err
    lines = (tmp_path / "out/nonfinite.jsonl").read_text().splitlines()
    rows = {row["process"]: row for row in map(json.loads, lines)}
    assert {row["step"] for row in rows.values()} == {2}
    assert rows[0]["loss"] is not None
    assert rows[1]["loss"] is None
