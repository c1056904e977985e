"""The program as its user runs it: python train.py key=value ..."""

import csv
import json
from pathlib import Path

import pytest
import torch
import yaml

from asr.bundle import load_model
from asr.data.audio import read_audio
from asr.padded import pad

from .conftest import summary
from .two_runs import metrics


def test_write_05_a_run_leaves_all_that_it_promises_and_no_folder(run, tmp_path: Path) -> None:
    done = run("run_dir=out", "callbacks.ema={_target_: asr.training.ema.ema, decay: 0.9}")

    folder = tmp_path / "out"
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "config.yaml", "metrics.csv", "last.ckpt", "best.ckpt", "model.safetensors",
        "predictions.jsonl", "summary.json", "skipped.jsonl",
    }  # fmt: skip
    figures = summary(folder)
    assert set(figures["test"]) == {"loss", "wer", "cer"}
    assert figures["monitor"]["metric"] == "val/wer"
    assert figures["utterances"] == {"kept": 73, "skipped": 0}
    assert figures["seconds"]["total"] >= figures["seconds"]["fit"] > 0
    assert figures["audio_seconds_per_second"] > 0
    model = load_model(folder).recognizer.model
    assert figures["parameters"] == sum(p.numel() for p in model.parameters())
    assert yaml.safe_load((folder / "config.yaml").read_text())["seed"] == 1
    assert len((folder / "predictions.jsonl").read_text().splitlines()) == 13
    with (folder / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["val/wer"] for row in rows if row["val/wer"]]
    for told in (
        "train",
        "48 clips",
        "parameters",
        "receptive field",
        "said",
        "heard",
        "asr transcribe",
    ):
        assert told in done.stdout
    assert "Traceback" not in done.stderr


def test_the_bundle_hears_what_the_test_reported(run, tmp_path: Path, tones: Path) -> None:
    run("run_dir=out", "trainer.max_epochs=4")

    recognizer = load_model(tmp_path / "out").recognizer
    rows = map(json.loads, (tmp_path / "out/predictions.jsonl").read_text().splitlines())
    paths = {path.stem: path for path in tones.rglob("test/*.wav")}
    for row in rows:
        waveform = read_audio(paths[row["id"].split("-")[-1]], 8000)
        with torch.no_grad():
            [text] = recognizer.task.predict(recognizer.model(pad([waveform])))
        assert text == row["hypothesis"]


def test_the_same_run_gives_the_same_bits_whatever_the_workers(run, tmp_path: Path) -> None:
    run("run_dir=a")
    run("run_dir=b", "data.workers=2", "data.cache_mb=0")
    first, second = (load_model(tmp_path / name).recognizer.model for name in "ab")
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name]), name


def test_a_resumed_run_ends_as_one_that_was_not_stopped(run, tmp_path: Path) -> None:
    schedule = "schedule=constant"
    run("run_dir=whole", schedule, "trainer.max_epochs=3")
    run("run_dir=parts", schedule, "trainer.max_epochs=1")
    run("resume=parts", "trainer.max_epochs=3", tiny=False)

    whole, parts = (load_model(tmp_path / name).recognizer.model for name in ("whole", "parts"))
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, parts.state_dict()[name]), name
    one, other = tmp_path / "whole", tmp_path / "parts"
    assert metrics(one) == metrics(other)
    name = "predictions.jsonl"
    assert (one / name).read_text() == (other / name).read_text()


def test_a_folder_that_holds_a_run_is_not_taken(run, tmp_path: Path) -> None:
    run("run_dir=out")
    before = (tmp_path / "out/summary.json").read_bytes()
    done = run("run_dir=out", status=2)
    assert "holds a run already" in done.stderr
    assert (tmp_path / "out/summary.json").read_bytes() == before


def test_classification_is_another_task_and_nothing_else(run, tmp_path: Path) -> None:
    run(
        "run_dir=out", "task=classification", "vocabulary=labels", "task.class_weights=balanced",
        "task.consistency=0.5",
    )  # fmt: skip
    figures = summary(tmp_path / "out")
    assert set(figures["test"]) == {"loss", "accuracy", "macro_f1"}
    assert figures["monitor"] == {
        "metric": "val/accuracy", "mode": "max", "best": figures["monitor"]["best"],
    }  # fmt: skip


@pytest.mark.parametrize(
    "overrides",
    [
        ["features=mfcc", "features.sample_rate=8000", "optimizer=sgd", "schedule=warmup_cosine"],
        ["optimizer=novograd", "schedule=warmup_hold_decay", "vocabulary=words", "augment=strong"],
        ["features.normalize=global", "decoder=prefix_beam", "trainer.accumulate=2",
         "task.consistency=0.2"],
        ["vocabulary=subwords", "vocabulary.size=8", "trainer.precision=bf16", "data.channel=0"],
        ["callbacks.early_stopping={_target_: lightning.pytorch.callbacks.EarlyStopping, "
         "_partial_: true, patience: 1}", "augment.waveform=null"],
    ],
)  # fmt: skip
def test_the_choices_train(run, tmp_path: Path, overrides: list[str]) -> None:
    run("run_dir=out", "trainer.max_epochs=1", *overrides)
    assert summary(tmp_path / "out")["test"]["wer"] >= 0


@pytest.mark.slow
def test_training_learns_the_made_up_language(run, tmp_path: Path) -> None:
    run("run_dir=out", "corpus.train=256", "corpus.test=32", "trainer.max_epochs=12")
    assert summary(tmp_path / "out")["test"]["wer"] < 0.1


def test_a_sweep_leaves_a_folder_for_each_trial(run, tmp_path: Path) -> None:
    run("run_dir=sweep", "-m", "seed=1,2", "trainer.max_epochs=1")
    seeds = [
        yaml.safe_load((tmp_path / f"sweep/{i}/config.yaml").read_text())["seed"] for i in (0, 1)
    ]
    assert seeds == [1, 2]
    assert all(summary(tmp_path / f"sweep/{i}") for i in (0, 1))


BAD = {
    "misspelt setting": (["trainer.max_epoch=3"], "did you mean trainer.max_epochs?"),
    "misspelt group": (["modle=pairs"], "modle: no such setting; did you mean model?"),
    "unknown choice": (["model=pears"], "did you mean pairs?"),
    "wrong type": (["trainer.max_epochs=abc"], "trainer.max_epochs: "),
    "number as text": (["optimizer.lr='1e-3'"], "optimizer.lr: "),
    "no epochs": (["trainer.max_epochs=0"], "max_epochs must be at least 1"),
    "even kernel": (["model.every.kernels=[4]"], "needs an odd kernel"),
    "no stride": (["model.every.stride=0"], "stride must be at least 1"),
    "groups": (["model.every.groups=7"], "groups must divide the channels"),
    "all dropped": (["model.every.dropout=1.0"], "dropout must be at least 0 and below 1"),
    "no GPU": (["trainer=gpu"], "use trainer=cpu"),
    "16 bits on a CPU": (["trainer.precision=16"], "use bf16 or 32"),
    "labels without labels": (
        ["task=classification", "corpus.root=/proc/no"],
        "add vocabulary=labels",
    ),
    "negative seed": (["seed=-1"], "seed: must be 0 to"),
    "missing corpus": (["corpus.root=/proc/nothing"], "/proc/nothing"),
    "nothing to resume": (["resume=nowhere"], "holds no run that could go on"),
    "unwritable": (["run_dir=/proc/nothing"], "run_dir: cannot make /proc/nothing"),
    "unwritable sweep": (
        ["-m", "seed=1,2", "run_dir=/proc/nothing"],
        "run_dir: cannot write /proc",
    ),
    "grammar": (["run_dir=a b=c"], "quote"),
    "batch of nothing": (["data.batch_seconds=0"], "batch_seconds"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_ends_in_one_line_and_status_2(run, name: str) -> None:
    overrides, message = BAD[name]
    if name in ("no GPU",) and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    done = run("run_dir=out", *overrides, status=2)
    assert message in done.stderr
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1
