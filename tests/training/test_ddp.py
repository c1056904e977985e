"""Two processes on the CPU: what several GPUs do, with gloo in place of NCCL."""

import json
from pathlib import Path

from .conftest import summary


def test_two_processes_test_exactly_what_one_evaluates(run, tmp_path: Path) -> None:
    # 13 test clips do not divide by two: none may be lost, none counted twice.
    run("trainer=ddp_cpu", "trainer.devices=2", "trainer.max_epochs=2", "run_dir=two")
    figures = summary(tmp_path / "two")
    rows = [json.loads(line) for line in (tmp_path / "two/predictions.jsonl").read_text().splitlines()]
    ids = [row["id"] for row in rows]
    assert figures["processes"] == 2
    assert len(ids) == len(set(ids)) == 13
    assert ids == sorted(ids)

    run("resume=two", "trainer.devices=1", "trainer.strategy=auto", tiny=False)

    assert summary(tmp_path / "two")["test"]["wer"] == figures["test"]["wer"]
    assert summary(tmp_path / "two")["test"]["cer"] == figures["test"]["cer"]
