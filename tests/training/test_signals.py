"""A run that is asked to stop saves its state, says so, and goes on from there exactly."""

import signal
from pathlib import Path

import pytest

from .interrupted import OPTIONS, can_import_kill_at, differences, interrupted, kill

CASES = {
    "SIGTERM in an epoch": (signal.SIGTERM, [5], 143, []),
    "SIGINT in the first batch": (signal.SIGINT, [0], 130, []),
    "SIGHUP with workers": (signal.SIGHUP, [6], 129, ["data.workers=2"]),
    "SIGTERM within an accumulation": (signal.SIGTERM, [2, 6], 143, ["trainer.accumulate=2"]),
    "SIGTERM at the end of an epoch, and then within one": (signal.SIGTERM, [3, 6], 143, []),
}


@pytest.mark.parametrize("name", CASES)
def test_a_stopped_run_ends_like_one_that_was_not(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    can_import_kill_at(monkeypatch)
    number, ats, status, more = CASES[name]
    run("run_dir=whole", *OPTIONS, *more)

    stopped = interrupted(run, "parts", number, ats, status, *more)

    assert differences(tmp_path / "whole", tmp_path / "parts") == []
    [line] = [text for text in stopped.stdout.splitlines() if "saved" in text]
    assert line.startswith(f"{number.name}: saved parts/last.ckpt at step ")
    assert line.endswith("python train.py resume=parts")
    assert "Traceback" not in stopped.stderr


def test_sigusr1_saves_and_training_goes_on(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    can_import_kill_at(monkeypatch)
    run("run_dir=whole", *OPTIONS)
    done = run("run_dir=asked", *OPTIONS, kill(signal.SIGUSR1, 5))
    assert "SIGUSR1: saved asked/last.ckpt at step 6; training goes on" in done.stdout
    assert differences(tmp_path / "whole", tmp_path / "asked") == []
