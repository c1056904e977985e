"""Two processes on the CPU: what several GPUs do, with gloo in place of NCCL."""

import json
from pathlib import Path

import pytest

from asr.cli import main

from .conftest import summary


def test_two_processes_test_exactly_what_one_evaluates(
    run, tmp_path: Path, tones: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 13 test clips do not divide by two: none may be lost, none counted twice.
    run("trainer=ddp_cpu", "trainer.devices=2", "trainer.max_epochs=2", "run_dir=two")

    figures = summary(tmp_path / "two")
    lines = (tmp_path / "two/predictions.jsonl").read_text().splitlines()
    ids = [json.loads(line)["id"] for line in lines]
    assert figures["processes"] == 2
    assert ids == sorted(set(ids))
    assert len(ids) == 13

    monkeypatch.chdir(tmp_path)
    corpus = ["--corpus", "tones", "--root", str(tones / "tones"), "--split", "test"]
    sizes = ["--set=train=48", "--set=val=12", "--set=test=13"]
    assert main(["evaluate", "two", *corpus, *sizes, "--output", "one"]) == 0
    alone = summary(tmp_path / "one")["test"]
    for rate in ("wer", "cer"):
        assert alone[rate] == pytest.approx(figures["test"][rate], abs=1e-7)
