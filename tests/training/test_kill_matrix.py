"""A run that is killed at any moment, any number of times, ends like one that was not.

Of the table of faults, section 2, Resume: every row. Bits are compared: weights, their average,
optimizer, schedule, early stopping, metrics.csv and predictions.

The slow tests take a share of all pairs of a setting and a moment, in which every setting and every
moment is; ``ASR_KILL_MATRIX=all`` takes all of them:

    ASR_KILL_MATRIX=all pytest -n 2 tests/training/test_kill_matrix.py
"""

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from .forked import BATCHES, EPOCHS, start, start_two, tiny
from .two_runs import differences

SETTINGS = {
    "a save at each step": ["save_every_steps=1"],
    "saves at validations only": ["save_every_steps=null"],
    "loader workers": ["save_every_steps=1", "data.workers=2"],
    "accumulation": ["save_every_steps=1", "trainer.accumulate=3"],
    "max_steps": ["save_every_steps=1", "trainer.max_epochs=null", "trainer.max_steps=10"],
    "every second epoch validated": ["save_every_steps=1", "trainer.validate_every=2"],
    "validation within epochs": ["save_every_steps=1", "+trainer.lightning.val_check_interval=2"],
    "regularised": [
        "save_every_steps=1",
        "task.consistency=0.2",
        "task.intermediate=[0]",
        "task.label_smoothing=0.05",
        "model.stochastic_depth=0.3",
    ],
    "mixed": [
        "save_every_steps=1",
        "task=classification",
        "vocabulary=labels",
        "task.mixup=0.4",
        "task.cutmix=1.0",
        "task.focal=1.0",
    ],
    "even average": [
        "save_every_steps=1",
        "callbacks.ema=null",
        "callbacks.swa={_target_: asr.training.swa.swa, begin: 0.4}",
    ],
    "held statistics": [
        "save_every_steps=1",
        "callbacks.held_statistics={_target_: asr.training.held_statistics.HeldStatistics, "
        "begin: 0.8}",
    ],
    "weights as they are": ["save_every_steps=2", "callbacks.ema=null"],
    "rare words": ["save_every_steps=1", "data.rare_words=0.5"],
    "joined and balanced": ["save_every_steps=1", "data.join.share=0.5", "data.balance=label"],
}
MOMENTS = [
    *(f"batch:{number}" for number in range(BATCHES * EPOCHS)),
    *(f"step:{number}" for number in range(BATCHES * EPOCHS)),
    *(f"validation:{number}" for number in range(EPOCHS)),
    *(f"sync:{number}" for number in (0, 1, 2, 5, 8, 9, 10, 11, 12, 13, 14, 27, 28, 29, 30, 31)),
]
CHAINS = [
    "batch:1 batch:3 batch:5",
    "batch:4 batch:4 batch:6",  # around the end of an epoch
    "validation:0 batch:4 step:7",
    "step:3 step:7 step:11",
    "batch:0 sync:3 batch:9",
    "validation:1 validation:0 batch:10",
    "batch:7 batch:8 validation:0",
    "sync:0 sync:0 sync:0",
]
FAST = [
    pytest.param("a save at each step", "batch:4 batch:4 batch:6",
                 id="resume-01-resume-05-resume-08-each-step"),
    pytest.param("saves at validations only", "validation:1 step:6 batch:9",
                 id="resume-02-validations-only"),
    pytest.param("loader workers", "batch:3 validation:0 step:7",
                 id="resume-03-resume-04-workers"),
    pytest.param("max_steps", "batch:4 batch:8 sync:4", id="resume-06-max-steps"),
    pytest.param("joined and balanced", "batch:2 batch:3", id="joined-and-balanced"),
    pytest.param("even average", "batch:6 step:8", id="even-average"),
    pytest.param("held statistics", "batch:3 batch:6 step:9", id="held-statistics"),
    pytest.param("mixed", "batch:3 batch:6", id="mixed"),
    pytest.param("regularised", "batch:3 validation:1", id="regularised"),
    pytest.param("accumulation", "batch:3 step:5 batch:9", id="resume-07-accumulation"),
]  # fmt: skip


SHARE = 1 if os.environ.get("ASR_KILL_MATRIX") == "all" else 6


def _pairs(moments: Sequence[Any], settings: Sequence[str] = tuple(SETTINGS)) -> list[Any]:
    """Each setting with every moment, or with a share of them that is another for the next."""
    share = min(SHARE, len(settings))
    return [
        pytest.param(setting, moment, id=f"{setting}-{'-'.join(moment.split())}")
        for shift, setting in enumerate(settings)
        for moment in moments[shift % share :: share]
    ]


@pytest.fixture(scope="session")
def whole(tones: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The run that nothing stopped, of a setting and so many processes; made once."""

    @cache
    def made(setting: str, processes: int = 1) -> Path:
        cwd = tmp_path_factory.mktemp("whole")
        command = [*_options(tones, setting, processes), "run_dir=out"]
        ended = start_two(cwd, command) if processes == 2 else [start(cwd, command)]
        assert {each.status for each in ended} == {0}, ended
        return cwd / "out"

    return made


def _options(tones: Path, setting: str, processes: int = 1) -> list[str]:
    # Batches of 15 seconds are as many for each of two as those of 30 are for one.
    return tiny(tones, *(["data.batch_seconds=15"] if processes == 2 else []), *SETTINGS[setting])


def killed_and_resumed(tones: Path, cwd: Path, setting: str, chain: str) -> Path:
    command = [*_options(tones, setting), "run_dir=parts"]
    for moment in chain.split():
        over = start(cwd, command, moment).status == 0
        if (cwd / "parts/config.yaml").exists():  # else it is begun again
            command = ["resume=parts"]
        if over:
            break
    ended = start(cwd, command)
    assert ended.status == 0, ended.out + ended.err
    assert "Traceback" not in ended.err
    return cwd / "parts"


@pytest.mark.parametrize(("setting", "chain"), FAST)
def test_a_run_killed_three_times_ends_like_one_that_was_not(
    tones: Path, tmp_path: Path, whole: Any, setting: str, chain: str
) -> None:
    expected = whole(setting)
    parts = killed_and_resumed(tones, tmp_path, setting, chain)
    assert differences(expected, parts) == []


@pytest.mark.slow
@pytest.mark.parametrize(("setting", "moment"), _pairs(MOMENTS))
def test_a_run_killed_at_any_moment_ends_like_one_that_was_not(
    tones: Path, tmp_path: Path, whole: Any, setting: str, moment: str
) -> None:
    expected = whole(setting)
    parts = killed_and_resumed(tones, tmp_path, setting, moment)
    assert differences(expected, parts) == []


@pytest.mark.slow
@pytest.mark.parametrize(("setting", "chain"), _pairs(CHAINS))
def test_a_run_killed_time_and_again_ends_like_one_that_was_not(
    tones: Path, tmp_path: Path, whole: Any, setting: str, chain: str
) -> None:
    expected = whole(setting)
    parts = killed_and_resumed(tones, tmp_path, setting, chain)
    assert differences(expected, parts) == []


BOTH = ("a save at each step", "saves at validations only", "loader workers", "accumulation")
MOMENTS_OF_BOTH = [
    *(f"batch:{number}" for number in range(1, BATCHES * EPOCHS)),
    *(f"validation:{number}" for number in range(EPOCHS)),
    "step:3",
]


@pytest.mark.slow
@pytest.mark.parametrize(("setting", "moment"), _pairs(MOMENTS_OF_BOTH, BOTH))
def test_resume_09_two_processes_killed_at_any_batch_end_like_two_that_were_not(
    tones: Path, tmp_path: Path, whole: Any, setting: str, moment: str
) -> None:
    options = _options(tones, setting, processes=2)
    start_two(tmp_path, [*options, "run_dir=parts"], moment)
    for ended in start_two(tmp_path, ["resume=parts"]):
        assert ended.status == 0, ended.out + ended.err
    assert differences(whole(setting, processes=2), tmp_path / "parts") == []
