import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml

from asr.cli import main
from asr.errors import InputError
from asr.leaderboard.averages import averages
from asr.leaderboard.board import leaderboard
from asr.leaderboard.importance import importance
from asr.leaderboard.run import Run, find_runs


def _run(folder: Path, wer: float | None, **config: Any) -> None:
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump({"run_dir": str(folder), **config}))
    if wer is None:
        return
    summary = {
        "test": {"wer": wer, "loss": None},
        "monitor": {"metric": "val/wer", "mode": "min"},
        "seconds": {"fit": 10.0, "total": 12.0},
        "parameters": 1000,
        "audio_seconds_per_second": 50.0,
        "epochs": 3,
        "steps": 30,
    }
    (folder / "summary.json").write_text(json.dumps(summary))


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    root = tmp_path / "sweep"
    for number in range(8):
        lr, dropout = (1e-3, 1e-2)[number % 2], (0.0, 0.3)[number // 4]
        _run(
            root / str(number), 0.1 + 0.2 * (lr == 1e-2) + 0.001 * number,
            optimizer={"lr": lr, "name": "adamw"}, model={"dropout": dropout},
        )  # fmt: skip
    return root


def test_only_keys_that_differ_are_told(sweep: Path) -> None:
    assert set(leaderboard(find_runs(sweep)).keys) == {"optimizer.lr", "model.dropout"}


def test_the_best_run_comes_first_by_the_metric_that_runs_watched(sweep: Path) -> None:
    board = leaderboard(find_runs(sweep))

    assert board.by == "wer"
    assert [run.name for run in board.runs][:4] == ["0", "2", "4", "6"]


def test_a_metric_that_is_better_higher_is_sorted_downwards() -> None:
    runs = [Run(str(a), "finished", metrics={"accuracy": a}) for a in (0.5, 0.9)]

    assert leaderboard(runs, "accuracy").runs[0].name == "0.9"


def test_runs_that_are_broken_or_unfinished_are_told_after_the_others(
    sweep: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _run(sweep / "going", None, optimizer={"lr": 1.0})
    (sweep / "going" / "metrics.csv").write_text("step,train/loss\n7,1.0\n9,\n")
    _run(sweep / "torn", 0.0)
    (sweep / "torn" / "summary.json").write_text('{"test": {"wer"')
    _run(sweep / "odd", 0.0)
    (sweep / "odd" / "summary.json").write_text('{"test": [1]}')
    _run(sweep / "bad", 0.0)
    (sweep / "bad" / "config.yaml").write_text("a: [1")

    assert main(["runs", str(sweep)]) == 0

    told = capsys.readouterr().out.splitlines()
    assert "going: unfinished, step 9" in told
    assert "torn: broken: summary.json: not that of a run" in told
    assert "odd: broken: summary.json: not that of a run" in told
    assert "bad: broken: config.yaml: no YAML of plain values" in told
    assert told[1].startswith("0 ")


def test_csv_and_json_hold_every_figure(sweep: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["runs", str(sweep), "--csv"])
    [first, *rest] = csv.DictReader(StringIO(capsys.readouterr().out))
    main(["runs", str(sweep), "--json"])
    told = json.loads(capsys.readouterr().out)

    assert len(rest) == 7
    assert float(first["wer"]) == told["runs"][0]["metrics"]["wer"] == 0.1
    assert float(first["optimizer.lr"]) == told["runs"][0]["config"]["optimizer.lr"] == 1e-3
    assert first["seconds"] == "10.0"


def test_the_setting_that_made_the_difference_is_the_important_one(sweep: Path) -> None:
    first, second = importance(find_runs(sweep), "wer")

    assert first.key == "optimizer.lr"
    assert first.share > 0.99
    assert second.share == 0


def test_a_setting_of_its_own_in_each_run_explains_nothing() -> None:
    runs = [
        Run(str(n), "finished", {"seed": f"s{n}", "lr": n % 2}, {"wer": n * 0.1}) for n in range(6)
    ]

    assert {each.key: each.share for each in importance(runs, "wer")}["seed"] == 0


def test_importance_of_few_runs_is_refused() -> None:
    with pytest.raises(InputError, match="needs 4 finished runs with wer, got 0"):
        importance([], "wer")


def test_an_unknown_figure_is_refused_with_those_there_are(sweep: Path) -> None:
    with pytest.raises(InputError, match=r"--sort per: no run has it; there is wer, seconds"):
        leaderboard(find_runs(sweep), "per")


def test_a_folder_without_runs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no runs"):
        find_runs(tmp_path)


def test_the_plot_is_written(sweep: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")

    assert main(["runs", str(sweep), "--plot", str(tmp_path / "importance.svg")]) == 0

    assert "<svg" in (tmp_path / "importance.svg").read_text("utf-8")


def test_runs_that_differ_in_nothing_but_the_seed_have_one_mean(tmp_path: Path) -> None:
    for name, (seed, lr, wer) in enumerate(
        [(1, 0.1, 0.1), (2, 0.1, 0.2), (3, 0.1, 0.6), (1, 1, 0.5)]
    ):
        _run(tmp_path / str(name), wer, seed=seed, optimizer={"lr": lr})

    one, other = averages(leaderboard(find_runs(tmp_path)).runs, "wer", ["seed"])

    assert (one.config, one.runs) == ({"optimizer.lr": 0.1}, 3)
    assert (one.mean, one.median, one.lowest, one.highest) == (pytest.approx(0.3), 0.2, 0.1, 0.6)
    assert one.deviation == pytest.approx(0.07**0.5)  # of the sample: (0.04 + 0.01 + 0.09) / 2
    assert (other.config, other.runs, other.mean, other.deviation) == (
        {"optimizer.lr": 1},
        1,
        0.5,
        0,
    )


def test_the_mean_over_folds_is_told_below_the_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for speaker, wer in (("ann", 0.1), ("bob", 0.2)):
        _run(tmp_path / speaker, wer, corpus={"splits": {"test": [speaker]}})
    _run(tmp_path / "going", None, corpus={"splits": {"test": ["eve"]}})

    assert main(["runs", str(tmp_path), "--over", "corpus.splits.test"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == (
        ["2", "15.00", "%", "7.07", "%", "15.00", "%", "10.00", "%", "20.00", "%"]
    )
    assert main(["runs", str(tmp_path), "--json", "--over", "corpus.splits.test"]) == 0
    assert json.loads(capsys.readouterr().out)["over"][0]["mean"] == pytest.approx(0.15)


def test_a_key_that_no_run_has_cannot_be_averaged_over(
    sweep: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["runs", str(sweep), "--over", "sed"])
    assert "--over sed: no run has this key" in capsys.readouterr().err
