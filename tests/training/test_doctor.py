"""Runs that are stuck on purpose, and one that is not: what the doctor says of each."""

import csv
import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from asr.data.corpora.tones import Tones

from .conftest import summary
from .forked import Ended, start, start_two, tiny

SIZES = {"train": 128, "val": 16, "test": 8}
PLAIN = [
    "augment=none", "callbacks.ema=null", "data.batch_seconds=12", "features.bins=20",
    "features.sample_rate=8000", "optimizer.lr=1e-2", "trainer=cpu", "trainer.max_epochs=6",
    "trainer.precision=32", "trainer.threads=1", "trainer.validate_every=2",
    "vocabulary=characters",
]  # fmt: skip
SMALL = "model.blocks=[{channels: 24, pool: {kind: max, kernel: 2}}]"
SLOW_FRAMES = (
    "model.blocks=[{channels: 24, pool: {kind: max, kernel: 4}}, "
    "{channels: 24, pool: {kind: max, kernel: 3}}]"
)


def doctor(folder: Path) -> dict[str, Any]:
    return summary(folder)["doctor"]


def said(ended: Ended) -> list[str]:
    assert ended.status == 0, ended.err
    return [line for line in ended.out.splitlines() if line.startswith("doctor: ")]


@pytest.fixture
def stuck(tones: Path, tmp_path: Path):
    """Runs on a manifest of tones with the given texts, and tells what the doctor said."""

    def run(*overrides: str, texts=lambda split, texts: texts) -> list[str]:
        corpus = Tones(str(tones / "tones"), **SIZES)
        corpus.prepare()
        with (tmp_path / "tones.jsonl").open("w") as file:
            for split in ("train", "val", "test"):
                rows = corpus.utterances(split)
                given = texts(split, [row.text for row in rows])
                for row, text in zip(rows, given, strict=True):
                    content = {"id": row.id, "audio_filepath": str(row.path), "text": text}
                    content |= {"duration": row.seconds, "label": text[0], "split": split}
                    file.write(json.dumps(content) + "\n")
        manifest = ["corpus=manifest", "corpus.path=tones.jsonl", f"corpus.roots=[{tones}]"]
        return said(start(tmp_path, [*PLAIN, SMALL, *manifest, "run_dir=out", *overrides]))

    return run


@pytest.mark.slow
def test_a_healthy_run_is_left_alone_and_its_wrong_labels_are_found(stuck, tmp_path: Path) -> None:
    wrong = {5: "abcabcabc", 50: "c c c c c", 100: "bababab"}

    def spoilt(split: str, texts: list[str]) -> list[str]:
        return [wrong.get(i, text) if split == "train" else text for i, text in enumerate(texts)]

    assert stuck("trainer.max_epochs=10", "callbacks.doctor.worst=5", texts=spoilt) == []
    found = doctor(tmp_path / "out")
    assert found["alarms"] == []
    assert found["plateau"] is None
    highest = found["highest_loss"]["train"]["utterances"]
    assert {row["id"] for row in highest} > {f"train-{i:06d}" for i in wrong}
    assert wrong[5] in [row["reference"] for row in highest]
    assert len(found["highest_loss"]["val"]["utterances"]) == 5
    assert all(row["hypothesis"] is not None for row in found["highest_loss"]["val"]["utterances"])


STUCK = {
    "frame rate too low": [SLOW_FRAMES, "data.max_skip_fraction=1", "trainer.max_epochs=10"],
    "learning rate too high": ["optimizer.lr=10"],
    "learning rate too low": ["optimizer.lr=1e-5"],
    "vocabulary too large": ["vocabulary=words"],
}


@pytest.mark.slow
@pytest.mark.parametrize("cause", STUCK)
def test_a_stuck_run_is_told_its_cause_and_no_other(stuck, tmp_path: Path, cause: str) -> None:
    lines = stuck(*STUCK[cause])
    assert [alarm["cause"] for alarm in doctor(tmp_path / "out")["alarms"]] == [cause]
    [line] = lines
    assert f"; {cause}: " in line


@pytest.mark.slow
def test_texts_of_other_recordings_are_infeasible_targets(stuck, tmp_path: Path) -> None:
    def shuffled(split: str, texts: list[str]) -> list[str]:
        return random.Random(split).sample(texts, len(texts))

    stuck(SMALL.replace("}]", "}, {channels: 24, pool: {kind: max, kernel: 2}}]"),
          "data.max_skip_fraction=1", texts=shuffled)  # fmt: skip
    assert [a["cause"] for a in doctor(tmp_path / "out")["alarms"]] == ["infeasible targets"]


@pytest.mark.slow
def test_a_classifier_that_gives_one_label_is_stuck_too(stuck, tmp_path: Path) -> None:
    stuck("task=classification", "vocabulary=labels", "optimizer.lr=10")
    [alarm] = doctor(tmp_path / "out")["alarms"]
    assert alarm["cause"] == "learning rate too high"
    assert "blank_share" not in str(metrics(tmp_path / "out")[-1])


def metrics(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_step_of_several_batches_has_one_row_with_what_the_doctor_saw(
    tones: Path, tmp_path: Path
) -> None:
    overrides = tiny(tones, "trainer.accumulate=2", "save_every_steps=1", "run_dir=out")
    assert start(tmp_path, overrides, "batch:5").status != 0
    assert start(tmp_path, ["resume=out"]).status == 0
    rows = [row for row in metrics(tmp_path / "out") if row["train/loss"]]
    steps = [int(row["step"]) for row in rows]
    assert steps == list(range(summary(tmp_path / "out")["steps"]))
    assert all(row["doctor/blank_share"] and row["doctor/update_ratio_most"] for row in rows)


def test_what_is_seen_is_logged_and_does_not_change_the_run(tones: Path, tmp_path: Path) -> None:
    for name, more in (("with", []), ("without", ["callbacks.doctor=null"])):
        assert start(tmp_path, tiny(tones, f"run_dir={name}", *more)).status == 0
    rows = [row for row in metrics(tmp_path / "with") if row["doctor/blank_share"]]
    assert len(rows) == 12  # every step, as trainer.log_every=1 says
    for row in rows:
        assert 0 <= float(row["doctor/blank_share"]) <= 1
        assert float(row["doctor/labels_per_second"]) == pytest.approx(7, abs=2)  # 0.12 s a letter
        least, middle, most = (
            float(row[f"doctor/update_ratio_{name}"]) for name in ("least", "median", "most")
        )
        assert 0 < least <= middle <= most < 1
    assert not any(name.startswith("doctor/") for name in metrics(tmp_path / "without")[0])
    assert "doctor" not in summary(tmp_path / "without")
    found = doctor(tmp_path / "with")
    assert len(found["update_ratios"]) == 7
    assert len(found["highest_loss"]["train"]["utterances"]) == 20
    for stage in ("last.ckpt", "best.ckpt"):
        one, other = (
            torch.load(tmp_path / name / stage, weights_only=True) for name in ("with", "without")
        )
        for name, tensor in one["state_dict"].items():
            assert torch.equal(tensor, other["state_dict"][name]), name


def test_a_run_that_was_killed_concludes_what_one_that_was_not_does(
    tones: Path, tmp_path: Path
) -> None:
    options = tiny(tones, "callbacks.doctor.least_steps=1", "save_every_steps=1")
    start(tmp_path, [*options, "run_dir=whole"])
    start(tmp_path, [*options, "run_dir=out"], "batch:6")
    assert start(tmp_path, ["resume=out"]).status == 0
    whole, parts = doctor(tmp_path / "whole"), doctor(tmp_path / "out")
    for found in (whole, parts):
        found["silence"].pop("seconds")
    assert whole["alarms"]
    assert whole == parts


def test_two_processes_find_the_highest_losses_of_both(tones: Path, tmp_path: Path) -> None:
    options = tiny(tones, "callbacks.doctor.worst=60", "run_dir=out")
    for ended in start_two(tmp_path, options):
        assert ended.status == 0, ended.err
    found = doctor(tmp_path / "out")["highest_loss"]
    assert len(found["train"]["utterances"]) == 48
    assert len(found["val"]["utterances"]) == 12
    assert len({row["id"] for row in found["train"]["utterances"]}) == 48


@pytest.mark.slow
def test_all_that_regularises_at_once_is_the_same_without_a_doctor_and_after_a_kill(
    tones: Path, tmp_path: Path
) -> None:
    options = tiny(
        tones, "task.consistency=0.2", "task.label_smoothing=0.05", "task.intermediate=[0]",
        "data.join.share=0.5", "trainer.accumulate=2", "save_every_steps=1",
    )  # fmt: skip
    start(tmp_path, [*options, "run_dir=whole"])
    start(tmp_path, [*options, "run_dir=alone", "callbacks.doctor=null"])
    start(tmp_path, [*options, "run_dir=cut"], "batch:5")
    assert start(tmp_path, ["resume=cut"]).status == 0

    whole, *others = (
        torch.load(tmp_path / name / "last.ckpt", weights_only=True)["state_dict"]
        for name in ("whole", "alone", "cut")
    )
    for other in others:
        for name, tensor in whole.items():
            assert torch.equal(tensor, other[name]), name
