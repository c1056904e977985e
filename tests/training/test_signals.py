"""A run that is asked to stop saves its state, says so, and goes on from there exactly.

Of the table of faults, section 2, Signals: rows 1 to 9.
"""

import os
import signal
from pathlib import Path

import pytest

from .forked import Launched, start, tiny
from .two_runs import differences

CASES = {
    "signal-01 SIGTERM plain": (signal.SIGTERM, ["batch:5"], 143, []),
    "signal-04 SIGTERM with accumulation": (
        signal.SIGTERM, ["batch:2", "step:6"], 143, ["trainer.accumulate=2"],
    ),
    "SIGTERM with workers": (signal.SIGTERM, ["batch:5"], 143, ["data.workers=2"]),
    "signal-02 SIGTERM at an epoch's end": (signal.SIGTERM, ["step:3", "batch:6"], 143, []),
    "signal-03 SIGTERM within validations": (
        signal.SIGTERM, ["validation:0", "validation:1"], 143, [],
    ),
    "signal-06 SIGINT in the first batch": (signal.SIGINT, ["batch:0"], 130, []),
    "signal-08 SIGHUP": (signal.SIGHUP, ["step:6"], 129, []),
    "signal-08 SIGUSR1": (signal.SIGUSR1, ["batch:9"], 138, []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_stopped_run_ends_like_one_that_was_not(tones: Path, tmp_path: Path, name: str) -> None:
    number, moments, status, more = CASES[name]
    options = tiny(tones, *more)
    assert start(tmp_path, [*options, "run_dir=whole"]).status == 0

    command = [*options, "run_dir=parts"]
    for moment in moments:
        stopped = start(tmp_path, command, moment, number=number)
        assert stopped.status == status, stopped.out + stopped.err
        assert stopped.err == ""
        line = stopped.out.splitlines()[-1]
        assert line.startswith(f"{number.name}: saved parts/last.ckpt at step ")
        assert line.endswith("; go on by: python train.py resume=parts")
        command = ["resume=parts"]

    assert start(tmp_path, command).status == 0
    assert differences(tmp_path / "whole", tmp_path / "parts") == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_before_training_a_signal_just_ends_the_run(
    tones: Path, tmp_path: Path, number: int
) -> None:
    ended = start(tmp_path, tiny(tones, "run_dir=out"), "read:0", number=number)
    assert ended.status == (130 if number == signal.SIGINT else -number)
    assert ended.err == ""
    assert start(tmp_path, tiny(tones, "run_dir=out")).status == 0


def test_signal_09_an_error_of_the_program_leaves_the_last_save_to_go_on_from(
    tones: Path, tmp_path: Path
) -> None:
    options = tiny(tones, "save_every_steps=3")
    assert start(tmp_path, [*options, "run_dir=whole"]).status == 0
    failed = start(tmp_path, [*options, "run_dir=parts"], "error:7")
    assert failed.status == 1
    assert failed.err.splitlines()[-1] == "ArithmeticError: failed on purpose"
    assert start(tmp_path, ["resume=parts"]).status == 0
    assert differences(tmp_path / "whole", tmp_path / "parts") == []


@pytest.mark.parametrize("several", [[], ["-m"]], ids=["run", "sweep"])
def test_a_crash_prints_its_traceback_without_the_overrides(
    tones: Path, tmp_path: Path, several: list[str]
) -> None:
    options = [*several, *tiny(tones, "run_dir=planted-0123")]
    failed = start(tmp_path, options, "error:1")
    assert failed.status == 1
    assert failed.err.count("Traceback (most recent call last):") == 1
    assert failed.err.splitlines()[-1] == "ArithmeticError: failed on purpose"
    assert "planted" not in failed.err
    assert "overrides" not in failed.err


def test_signal_07_a_second_sigint_stops_at_once_and_harms_nothing(
    tones: Path, tmp_path: Path
) -> None:
    options = tiny(tones, "save_every_steps=1")
    assert start(tmp_path, [*options, "run_dir=whole"]).status == 0
    command = [*options, "run_dir=parts"]
    for moment in ("batch:2+step:2", "batch:3+sync:2", "batch:6+sync:11"):
        stopped = start(tmp_path, command, moment, number=signal.SIGINT)
        assert stopped.status == 130
        assert "saved" not in stopped.out
        assert stopped.err == ""
        command = ["resume=parts"]
    assert start(tmp_path, command).status == 0
    assert differences(tmp_path / "whole", tmp_path / "parts") == []


def test_a_sighup_that_nohup_ignores_stays_ignored(tones: Path, tmp_path: Path) -> None:
    options = tiny(tones, "run_dir=out")
    ended = start(tmp_path, options, "batch:5", number=signal.SIGHUP, ignored=[signal.SIGHUP])
    assert ended.status == 0


def test_sigint_is_heard_although_a_shell_started_the_run_in_its_background(
    tones: Path, tmp_path: Path
) -> None:
    options = tiny(tones, "run_dir=out")
    ended = start(tmp_path, options, "batch:5", number=signal.SIGINT, ignored=[signal.SIGINT])
    assert ended.status == 130
    assert "saved out/last.ckpt" in ended.out


@pytest.fixture
def slurm(tmp_path: Path) -> dict[str, str]:
    """The environment of a job, whose scontrol writes down what it is asked."""
    program = tmp_path / "bin" / "scontrol"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n')
    program.chmod(0o755)
    return {"SLURM_JOB_ID": "77", "PATH": f"{program.parent}:{os.environ['PATH']}"}


@pytest.mark.parametrize("moment", ["batch:5", "step:11"])
def test_slurm_is_asked_to_requeue_and_the_same_command_then_goes_on(
    tones: Path, tmp_path: Path, slurm: dict[str, str], moment: str
) -> None:
    options = tiny(tones)
    assert start(tmp_path, [*options, "run_dir=whole"]).status == 0
    command = [*options, "run_dir=parts"]

    stopped = start(tmp_path, command, moment, number=signal.SIGUSR1, environment=slurm)
    again = start(tmp_path, command, environment={**slurm, "SLURM_RESTART_COUNT": "1"})

    assert stopped.status == 138
    assert "job 77 is requeued" in stopped.out
    assert (tmp_path / "asked").read_text() == "requeue 77\n"
    assert again.status == 0, again.out + again.err
    assert differences(tmp_path / "whole", tmp_path / "parts") == []


def test_a_requeued_sweep_goes_on_with_the_trial_that_was_stopped(
    tones: Path, tmp_path: Path, slurm: dict[str, str]
) -> None:
    options = ["-m", *tiny(tones, "seed=1,2,3", "trainer.max_epochs=2")]
    assert start(tmp_path, [*options, "run_dir=whole"]).status == 0
    command = [*options, "run_dir=parts"]

    stopped = start(tmp_path, command, "validation:2", number=signal.SIGUSR1, environment=slurm)
    first = (tmp_path / "parts/0/summary.json").stat().st_mtime_ns
    again = start(tmp_path, command, environment={**slurm, "SLURM_RESTART_COUNT": "1"})

    assert stopped.status == 138, stopped.out + stopped.err
    assert "SIGUSR1: saved parts/1/last.ckpt at step 4" in stopped.out
    assert (tmp_path / "asked").read_text() == "requeue 77\n"
    assert "parts/2" not in stopped.out
    assert again.status == 0, again.out + again.err
    assert "parts/0 is finished" in again.out
    assert (tmp_path / "parts/0/summary.json").stat().st_mtime_ns == first
    for trial in "012":
        assert differences(tmp_path / "whole" / trial, tmp_path / "parts" / trial) == []


def test_slurm_is_asked_to_requeue_before_the_first_step_too(
    tones: Path, tmp_path: Path, slurm: dict[str, str]
) -> None:
    options = tiny(tones, "run_dir=parts")
    stopped = start(tmp_path, options, "read:0", number=signal.SIGUSR1, environment=slurm)
    assert stopped.status == 138
    assert stopped.err == ""
    assert stopped.out.splitlines()[-1] == "SIGUSR1: nothing to save yet; job 77 is requeued"
    assert (tmp_path / "asked").read_text() == "requeue 77\n"
    again = start(tmp_path, options, environment={**slurm, "SLURM_RESTART_COUNT": "1"})
    assert again.status == 0, again.err


def test_a_sweep_is_requeued_once_where_a_trial_has_not_begun_to_train(
    tones: Path, tmp_path: Path, slurm: dict[str, str]
) -> None:
    command = ["-m", *tiny(tones, "seed=1,2", "trainer.max_epochs=1", "run_dir=out")]
    stopped = start(tmp_path, command, "read:1", number=signal.SIGUSR1, environment=slurm)
    again = start(tmp_path, command, environment={**slurm, "SLURM_RESTART_COUNT": "1"})
    assert stopped.status == 138, stopped.out + stopped.err
    assert (tmp_path / "asked").read_text() == "requeue 77\n"
    assert again.status == 0, again.err
    assert "out/0 is finished" in again.out
    assert (tmp_path / "out/1/summary.json").is_file()


def test_outside_a_job_sigusr1_before_the_first_step_asks_nobody(
    tones: Path, tmp_path: Path, slurm: dict[str, str]
) -> None:
    options = tiny(tones, "run_dir=out")
    path = {"PATH": slurm["PATH"]}
    stopped = start(tmp_path, options, "read:0", number=signal.SIGUSR1, environment=path)
    assert stopped.status == -signal.SIGUSR1
    assert not (tmp_path / "asked").exists()


def test_a_sweep_does_not_go_on_with_a_trial_of_other_settings(
    tones: Path, tmp_path: Path, slurm: dict[str, str]
) -> None:
    options = ["-m", *tiny(tones, "run_dir=out", "trainer.max_epochs=1")]
    assert start(tmp_path, [*options, "seed=1,2"], environment=slurm).status == 0
    restarted = {**slurm, "SLURM_RESTART_COUNT": "1"}
    again = start(tmp_path, [*options, "seed=2,1"], environment=restarted)
    assert again.status == 2
    [line] = again.err.splitlines()
    assert line.startswith("error: run_dir: out/0 holds a trial with another seed than this one")


def test_a_requeue_that_fails_is_said_and_the_state_is_saved(tones: Path, tmp_path: Path) -> None:
    slurm = {"SLURM_JOB_ID": "77", "PATH": "/nowhere"}
    options = tiny(tones, "run_dir=out")
    stopped = start(tmp_path, options, "batch:5", number=signal.SIGUSR1, environment=slurm)
    assert stopped.status == 138
    assert "job 77 is not requeued: there is no scontrol here" in stopped.out
    assert (tmp_path / "out/last.ckpt").is_file()


def test_signal_05_to_all_processes_of_a_run_is_no_error_of_its_workers(
    tones: Path, tmp_path: Path
) -> None:
    options = tiny(tones, "run_dir=out", "data.workers=2", "trainer.max_epochs=300")
    launched = Launched(tmp_path, options, "", group=True)
    launched.until("epoch 1,")
    os.killpg(launched.process.pid, signal.SIGTERM)
    ended = launched.wait()
    assert ended.status == 143, ended.out + ended.err
    assert ended.err == ""
    assert "SIGTERM: saved out/last.ckpt" in ended.out
