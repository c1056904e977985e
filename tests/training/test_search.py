import math
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from filelock import FileLock
from omegaconf import OmegaConf

from asr.errors import InputError
from asr.training import search as searching
from asr.training.plain_yaml import read_yaml
from asr.training.search import search

from .conftest import summary
from .forked import start, tiny
from .two_runs import differences

optuna = pytest.importorskip("optuna")

SPACE = ["a=interval(0.0,1.0)", "b=1,2,3"]
Value = Callable[[dict[str, float]], float]


class Stopped(BaseException):
    """As a signal would stop the search within a trial."""


class Launcher:
    """Stands for Hydra's: a trial is worth what ``value`` gives for its overrides."""

    def __init__(self, value: Value, stop_at: int | None = None) -> None:
        self.value, self.stop_at = value, stop_at
        self.given: dict[int, tuple[str, ...]] = {}
        self.batches: list[int] = []

    def launch(self, overrides: Any, initial_job_idx: int) -> list[SimpleNamespace]:
        self.batches.append(len(overrides))
        found = []
        for number, given in enumerate(overrides, start=initial_job_idx):
            if number == self.stop_at:
                raise Stopped
            self.given[number] = given
            found.append(SimpleNamespace(return_value=self.value(_numbers(given))))
        return found


def distance(at: dict[str, float]) -> float:
    return abs(at["a"] - 0.3) + at["b"]


def settings(folder: Path, launcher: Launcher, **changes: Any) -> Any:
    sampler = {"_target_": "optuna.samplers.TPESampler", "seed": 1, "n_startup_trials": 3}
    task = changes.pop("task", "asr.tasks.ctc.CTC")
    config = OmegaConf.create(
        {"hydra": {"sweep": {"dir": str(folder)}}, "task": {"_target_": task}}
    )
    given = {"n_trials": 8, "n_jobs": 1, "sampler": sampler, **changes}
    return SimpleNamespace(config=config, launcher=launcher, **given)


def run(folder: Path, overrides: list[str] = SPACE, **changes: Any) -> Launcher:
    launcher = Launcher(changes.pop("value", distance), changes.pop("stop_at", None))
    search(settings(folder, launcher, **changes), overrides)
    return launcher


def best(folder: Path) -> dict[str, Any]:
    return read_yaml(folder / searching.RESULTS)


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_stopped_search_asks_for_what_a_whole_one_does(tmp_path: Path, jobs: int) -> None:
    whole = run(tmp_path / "whole", n_jobs=jobs).given
    with pytest.raises(Stopped):
        run(tmp_path / "parts", n_jobs=jobs, stop_at=4)
    rest = run(tmp_path / "parts", n_jobs=jobs).given

    assert rest == {number: whole[number] for number in range(4 // jobs * jobs, 8)}
    assert best(tmp_path / "parts") == best(tmp_path / "whole")


def test_more_trials_are_other_ones(tmp_path: Path) -> None:
    first = run(tmp_path, n_trials=2).given
    more = run(tmp_path, n_trials=5).given
    assert [*first, *more] == [0, 1, 2, 3, 4]
    assert len({*first.values(), *more.values()}) == 5
    assert run(tmp_path, n_trials=5).given == {}  # there are enough


def test_the_best_is_by_the_monitor_of_the_task(tmp_path: Path) -> None:
    values = [distance(_numbers(given)) for given in run(tmp_path / "wer").given.values()]
    assert best(tmp_path / "wer")["best_value"] == min(values)

    task = "asr.tasks.classification.Classification"
    values = [
        distance(_numbers(given)) for given in run(tmp_path / "accuracy", task=task).given.values()
    ]
    found = best(tmp_path / "accuracy")
    assert found["best_value"] == max(values)
    assert distance(found["best_params"] | {"b": float(found["best_params"]["b"])}) == max(values)


def _numbers(given: tuple[str, ...]) -> dict[str, float]:
    pairs = (item.split("=") for item in given)
    return {key: float(text) for key, text in pairs if text[0].isdigit()}


def test_results_guide_it(tmp_path: Path) -> None:
    given = run(tmp_path, n_trials=40).given
    tried = [_numbers(item)["b"] for item in given.values()]
    assert tried[20:].count(1) > 10  # chance gives a third


def test_trials_of_a_launcher_that_runs_several_come_together(tmp_path: Path) -> None:
    assert run(tmp_path, n_jobs=3).batches == [3, 3, 2]


def test_of_a_setting_given_twice_the_last_counts(tmp_path: Path) -> None:
    given = run(tmp_path, [*SPACE, "b=2"], n_trials=3).given
    assert all(item[1:] == ("b=2",) for item in given.values())


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("range(1,10,3)", {1, 4, 7}),
        ("choice(4,9)", {4, 9}),
        ("int(interval(1,3))", {1, 2, 3}),
        ("tag(log,int(interval(1,3)))", {1, 2, 3}),
    ],
)
def test_what_may_be_searched(tmp_path: Path, written: str, values: set[int]) -> None:
    space = [f"a={written}"]
    given = run(tmp_path, space, n_trials=25, value=lambda at: at["a"]).given
    assert {int(item[0].removeprefix("a=")) for item in given.values()} == values


def test_an_interval_is_even_in_its_logarithm_if_it_says_so(tmp_path: Path) -> None:
    sampler = {"_target_": "optuna.samplers.RandomSampler", "seed": 1}
    space = ["a=tag(log,interval(1e-4,1.0))"]
    launcher = run(tmp_path, space, n_trials=60, sampler=sampler, value=lambda at: at["a"])
    values = [_numbers(item)["a"] for item in launcher.given.values()]
    assert all(1e-4 <= value <= 1 for value in values)
    assert 20 <= sum(value < 1e-2 for value in values) <= 40


def test_a_trial_that_fails_does_not_end_it(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    def value(at: dict[str, float]) -> float:
        return math.nan if at["b"] == 3 else distance(at)

    given = run(tmp_path, n_trials=12, value=value).given
    assert len(given) == 12
    assert "b=3" in {item[1] for item in given.values()}
    assert best(tmp_path)["best_params"]["b"] != "3"
    assert not recwarn.list  # the trial has said why it failed


def test_it_ends_where_nothing_succeeds(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        run(tmp_path, value=lambda at: math.nan)
    assert ended.value.code == 2


@pytest.mark.parametrize(
    ("overrides", "changes", "told"),
    [
        (["a=1"], {}, "nothing is searched"),
        (SPACE, {"n_trials": 0}, "hydra.sweeper.n_trials: must be 1 or more, got 0"),
        (SPACE, {"n_jobs": 1.5}, "hydra.sweeper.n_jobs: must be 1 or more, got 1.5"),
        (SPACE, {"sampler": {"_target_": "optuna.samplers.Nothing"}}, "has no 'Nothing'"),
    ],
)
def test_what_cannot_be_searched_is_refused(
    tmp_path: Path, overrides: list[str], changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        run(tmp_path, overrides, **changes)


def test_one_folder_holds_one_search(tmp_path: Path) -> None:
    run(tmp_path, [*SPACE, "seed=1"], n_trials=2)
    with pytest.raises(InputError, match=r"run_dir: .* with and without seed=1"):
        run(tmp_path, [*SPACE, "seed=2"], n_trials=4)
    with pytest.raises(InputError, match="choose another run_dir"):
        run(tmp_path, ["a=interval(0.0,1.0)", "b=1,2,7", "seed=1"], n_trials=4)


def test_the_study_holds_no_secrets(tmp_path: Path) -> None:
    key = "k3yofsomeone"
    space = [*SPACE, f"api_key={key}"]
    launcher = run(tmp_path, space, n_trials=2, value=lambda at: at["a"])
    assert any(key in item for given in launcher.given.values() for item in given)
    assert all(key not in path.read_text() for path in tmp_path.iterdir())


def test_two_searches_at_once_are_refused(tmp_path: Path) -> None:
    with FileLock(tmp_path / "study.lock"), pytest.raises(InputError, match="a search is at work"):
        run(tmp_path)


def test_a_launcher_of_processes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputError, match="leave torchrun or srun out"):
        run(tmp_path)


def test_a_stopped_trial_goes_on(tones: Path, tmp_path: Path) -> None:
    options = tiny(
        tones, "-m", "sweep=optuna", "hydra.sweeper.n_trials=2", "trainer.max_epochs=2",
        "augment.spectrogram.time_width=4,6", "optimizer.lr=1e-3",
    )  # fmt: skip
    assert start(tmp_path, [*options, "run_dir=whole"]).status == 0

    command = [*options, "run_dir=parts"]
    stopped = start(tmp_path, command, "validation:2", number=signal.SIGTERM)
    first = (tmp_path / "parts/0/summary.json").stat().st_mtime_ns
    again = start(tmp_path, command)

    assert stopped.status == 143, stopped.out + stopped.err
    assert "saved parts/1/last.ckpt at step 4" in stopped.out
    assert again.status == 0, again.out + again.err
    assert "trial 0" not in again.out
    assert (tmp_path / "parts/0/summary.json").stat().st_mtime_ns == first
    for trial in "01":
        assert differences(tmp_path / "whole" / trial, tmp_path / "parts" / trial) == []
    assert best(tmp_path / "parts") == best(tmp_path / "whole")
    found = [summary(tmp_path / "whole" / trial)["monitor"]["best"] for trial in "01"]
    assert best(tmp_path / "whole")["best_value"] == min(found)


def test_a_trial_of_bad_settings_is_told_and_passed_over(tones: Path, tmp_path: Path) -> None:
    ended = start(
        tmp_path,
        tiny(
            tones, "-m", "sweep=optuna", "hydra.sweeper.n_trials=3", "trainer.max_epochs=1",
            "model.every.kernels=[3],[4]", "hydra.sweeper.sampler.seed=2",
        ),
    )  # fmt: skip
    assert ended.status == 0, ended.out + ended.err
    [sweep] = tmp_path.glob("runs/*/*")
    configs = [yaml.safe_load(path.read_text()) for path in sorted(sweep.glob("?/config.yaml"))]
    lines = [line for line in ended.err.splitlines() if line.startswith("error: ")]
    assert 1 <= len(lines) == 3 - len(configs)
    assert all("odd kernel" in line for line in lines)
    assert best(sweep)["best_params"]["model.every.kernels"] == "[3]"
