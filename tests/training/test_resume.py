"""What a resumed run must share with the one that was stopped."""

import csv
import re
from pathlib import Path

import pytest
import torch

from .forked import start, start_two, tiny

CHANGES = {
    "batches": (["data.batch_seconds=20"], "data.batch_seconds was 30, is 20"),
    "accumulation": (["trainer.accumulate=2"], "trainer.accumulate was 1, is 2"),
    "seed": (["seed=7"], "seed was 1, is 7"),
    "data": (["corpus.train=40"], "train data was "),
    "joining": (["data.join.share=0.5"], "data.join was None, is Joining(share=0.5"),
    "balance": (["data.balance=label"], "data.balance was None, is label"),
    "speeds": (
        ["augment.waveform.transforms.0.factors=[0.5]"],
        "changes of duration was [Speed(factors=[0.9, 1.0, 1.1]",
    ),
    "rare words": (["data.rare_words=0.1"], "data.rare_words was None, is 0.1"),
}


@pytest.fixture(scope="module")
def stopped(tones: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which a run in "out" was killed in its second epoch."""
    folder = tmp_path_factory.mktemp("stopped")
    start(folder, tiny(tones, "run_dir=out", "save_every_steps=1"), "batch:6")
    return folder


@pytest.mark.parametrize("name", CHANGES)
def test_resume_refuses_in_one_line_what_was_trained_otherwise(stopped: Path, name: str) -> None:
    overrides, message = CHANGES[name]
    before = [(stopped / "out" / name).read_bytes() for name in ("last.ckpt", "config.yaml")]
    ended = start(stopped, ["resume=out", *overrides])
    assert ended.status == 2
    [line] = ended.err.splitlines()
    assert line.startswith("error: resume: out/last.ckpt was trained otherwise: ")
    assert message in line
    assert line.endswith("go on by allow_changes=true")
    after = [(stopped / "out" / name).read_bytes() for name in ("last.ckpt", "config.yaml")]
    assert after == before


def test_resume_refuses_another_vocabulary(tones: Path, tmp_path: Path) -> None:
    start(tmp_path, tiny(tones, "run_dir=out", "vocabulary=characters"), "batch:6")
    config = (tmp_path / "out/config.yaml").read_text()
    assert "units: null" in config
    (tmp_path / "out/config.yaml").write_text(
        config.replace("units: null", "units: [' ', a, c, b]")
    )
    ended = start(tmp_path, ["resume=out"])
    assert ended.status == 2
    assert "vocabulary was " in ended.err
    assert len(ended.err.splitlines()) == 1


def test_resume_refuses_another_number_of_processes(stopped: Path) -> None:
    for ended in start_two(stopped, ["resume=out", "trainer.devices=2", "trainer.strategy=ddp"]):
        assert ended.status == 2
        assert "processes was 1, is 2" in ended.err


def test_resume_refuses_other_weights_even_if_changes_are_allowed(stopped: Path) -> None:
    ended = start(stopped, ["resume=out", "features.bins=32", "allow_changes=true"])
    assert ended.status == 2
    assert "; start a new run" in ended.err
    assert len(ended.err.splitlines()) == 1


def test_resume_with_changes_begins_the_epoch_anew_where_they_are_allowed(
    tones: Path, tmp_path: Path
) -> None:
    start(tmp_path, tiny(tones, "run_dir=out", "save_every_steps=1"), "batch:6")
    ended = start(tmp_path, ["resume=out", "data.batch_seconds=15", "allow_changes=true"])
    assert ended.status == 0, ended.out + ended.err
    assert "resume: with changes, so from the beginning of the epoch: " in ended.out
    saved = torch.load(tmp_path / "out/last.ckpt", weights_only=True)
    [batches] = re.findall(r"threads; (\d+) batches an epoch", ended.out)
    assert saved["global_step"] == 6 + 2 * int(batches)
    refused = start(tmp_path, ["resume=out", "data.batch_seconds=20"])
    assert refused.status == 2  # what was allowed once is not allowed for ever


def test_another_number_of_threads_is_told(stopped: Path, tmp_path: Path, tones: Path) -> None:
    start(tmp_path, tiny(tones, "run_dir=out"), "batch:6")
    ended = start(tmp_path, ["resume=out", "trainer.threads=2"])
    assert ended.status == 0
    assert "resume: was trained with 1 threads, is now with 2; the last bits may" in ended.out


def test_row_101_resuming_a_finished_run_says_so(tones: Path, tmp_path: Path) -> None:
    start(tmp_path, tiny(tones, "run_dir=out"))
    names = ("last.ckpt", "best.ckpt", "metrics.csv", "summary.json", "model.safetensors")
    before = [(tmp_path / "out" / name).read_bytes() for name in names]
    ended = start(tmp_path, ["resume=out"])
    assert ended.status == 0
    assert "out is finished, with epoch 3 and step 12: nothing was trained" in ended.out
    assert [(tmp_path / "out" / name).read_bytes() for name in names] == before


def test_a_run_that_was_stopped_early_stays_stopped(tones: Path, tmp_path: Path) -> None:
    stopping = "callbacks.early_stopping"
    never_better = [f"{stopping}.patience=1", f"+{stopping}.min_delta=1e9"]
    options = tiny(tones, "run_dir=out", *never_better)
    first = start(tmp_path, options)
    steps = torch.load(tmp_path / "out/last.ckpt", weights_only=True)["global_step"]
    assert first.status == 0
    assert steps == 8
    ended = start(tmp_path, ["resume=out"])
    assert "out is finished, with epoch 2 and step 8" in ended.out


def test_a_run_killed_after_training_is_tested_when_it_is_resumed(
    tones: Path, tmp_path: Path
) -> None:
    start(tmp_path, tiny(tones, "run_dir=out"))
    (tmp_path / "out/summary.json").unlink()
    ended = start(tmp_path, ["resume=out"])
    assert ended.status == 0
    assert (tmp_path / "out/summary.json").is_file()


def test_fewer_epochs_than_were_trained_are_refused(tones: Path, tmp_path: Path) -> None:
    start(tmp_path, tiny(tones, "run_dir=out"))
    ended = start(tmp_path, ["resume=out", "trainer.max_epochs=1"])
    assert ended.status == 2
    assert "trainer.max_epochs: 1, but out/last.ckpt has trained 3" in ended.err
    assert len(ended.err.splitlines()) == 1


def test_validation_does_not_change_training(tones: Path, tmp_path: Path) -> None:
    plain = tiny(tones, "callbacks.early_stopping=null")
    start(tmp_path, [*plain, "run_dir=often"])
    start(tmp_path, [*plain, "run_dir=once", "trainer.validate_every=3"])
    often, once = (
        torch.load(tmp_path / name / "last.ckpt", weights_only=True) for name in ("often", "once")
    )
    for part in ("state_dict", "current_model_state"):
        for name, tensor in often[part].items():
            assert torch.equal(tensor, once[part][name]), name


def test_a_line_of_metrics_that_was_cut_off_is_dropped(tones: Path, tmp_path: Path) -> None:
    start(tmp_path, tiny(tones, "run_dir=out", "save_every_steps=1"), "batch:6")
    with (tmp_path / "out/metrics.csv").open("a") as file:
        file.write("1")
    assert start(tmp_path, ["resume=out"]).status == 0
    with (tmp_path / "out/metrics.csv").open() as file:
        steps = [int(row["step"]) for row in csv.DictReader(file)]
    assert steps == sorted(steps)
    assert steps.count(1) == 1
