"""The command line, in this process, and what every refusal must look like."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import soundfile

import asr.train
from asr.cli import main

RATE = 8000


class Outcome(NamedTuple):
    """What a command left."""

    status: int
    printed: str
    errors: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command of ``asr``; whatever came of it, there must be no traceback."""

    def command(*argv: object) -> Outcome:
        capsys.readouterr()
        try:
            status = main([str(argument) for argument in argv])
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0
        outcome = Outcome(status, *capsys.readouterr())
        assert "Traceback" not in outcome.printed + outcome.errors
        return outcome

    return command


@pytest.fixture
def faults(run: Run, tmp_path: Path) -> Callable[..., list[tuple[str, str]]]:
    """What ``asr check --decode`` finds in a manifest of one good row and the row given."""

    def found(row: dict[str, Any], *options: object) -> list[tuple[str, str]]:
        write_tone(tmp_path / "good.wav", seconds=1.5)
        good = {"audio_filepath": "good.wav", "text": "a b", "id": "good", "split": "train"}
        file = write_rows(tmp_path / "m.jsonl", good, {"id": "bad", "split": "train", **row})
        outcome = run("check", "--manifest", file, "--decode", "--json", *options)
        report = json.loads(outcome.printed)
        facts = report["splits"]["train"]
        bad_rows = sum(fault["kind"] == "malformed" for fault in report["faults"])
        assert facts["rows"] + bad_rows == 2  # nothing is lost
        return [(f["kind"], f["reason"]) for f in report["faults"] if f["id"] != "good"]

    return found


@pytest.fixture
def train(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Run:
    """Begin ``python train.py`` with overrides, up to where the data would be read."""

    def read(_: object) -> None:
        raise SystemExit(0)  # all that can be refused without data was accepted

    monkeypatch.setattr("asr.training.data.SpeechData.read", read)
    monkeypatch.setenv("ASR_RUN_DIR", "")
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    monkeypatch.chdir(tmp_path)

    def command(*overrides: str) -> Outcome:
        capsys.readouterr()
        monkeypatch.setattr("sys.argv", ["train.py", *overrides])
        status: object = 0
        try:
            asr.train.main()
        except SystemExit as end:
            status = end.code
        outcome = Outcome(status if isinstance(status, int) else 1, *capsys.readouterr())
        assert "Traceback" not in outcome.printed + outcome.errors
        return outcome

    return command


@pytest.fixture
def notes(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What is said to the user."""
    caplog.set_level(logging.INFO, logger="asr")
    return caplog


def refused(outcome: Outcome, message: str = "") -> str:
    """The one line of a refusal."""
    assert outcome.status == 2, outcome
    lines = outcome.errors.splitlines()
    assert len(lines) == 1, outcome.errors
    assert lines[0].startswith("error: ")
    assert message in lines[0]
    return lines[0]


def write_tone(path: Path, rate: int = RATE, seconds: float = 1.0, **options: Any) -> Path:
    soundfile.write(path, tone(rate, seconds), rate, **options)
    return path


def tone(rate: int = RATE, seconds: float = 1.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)


def write_rows(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path
