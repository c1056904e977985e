"""A run that is killed at any moment, any number of times, ends like one that was not.

Of the table of faults, section 2, Resume: every row. Bits are compared: weights, their average,
optimizer, schedule, early stopping, metrics.csv and predictions.
"""

from collections.abc import Sequence
from pathlib import Path

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
    "weights as they are": ["save_every_steps=2", "callbacks.ema=null"],
    "joined and balanced": ["save_every_steps=1", "data.join.share=0.5", "data.balance=label"],
}
EVERY_MOMENT = ("a save at each step", "saves at validations only", "loader workers")
MOMENTS = [
    *(f"batch:{number}" for number in range(BATCHES * EPOCHS)),
    *(f"step:{number}" for number in range(BATCHES * EPOCHS)),
    *(f"validation:{number}" for number in range(EPOCHS)),
    *(f"sync:{number}" for number in (0, 1, 2, 5, 8, 9, 10, 11, 12, 13, 14, 27, 28, 29, 30, 31)),
]
CHAINS = [
    ("batch:1", "batch:3", "batch:5"),
    ("batch:4", "batch:4", "batch:6"),  # around the end of an epoch
    ("validation:0", "batch:4", "step:7"),
    ("step:3", "step:7", "step:11"),
    ("batch:0", "sync:3", "batch:9"),
    ("validation:1", "validation:0", "batch:10"),
    ("batch:7", "batch:8", "validation:0"),
    ("sync:0", "sync:0", "sync:0"),
]
FAST = [
    pytest.param("a save at each step", ("batch:4", "batch:4", "batch:6"),
                 id="resume-01-resume-05-resume-08-each-step"),
    pytest.param("saves at validations only", ("validation:1", "step:6", "batch:9"),
                 id="resume-02-validations-only"),
    pytest.param("loader workers", ("batch:3", "validation:0", "step:7"),
                 id="resume-03-resume-04-workers"),
    pytest.param("max_steps", ("batch:4", "batch:8", "sync:4"), id="resume-06-max-steps"),
    pytest.param("joined and balanced", ("batch:2", "batch:3"), id="joined-and-balanced"),
    pytest.param("even average", ("batch:6", "step:8"), id="even-average"),
    pytest.param("mixed", ("batch:3", "batch:6"), id="mixed"),
    pytest.param("regularised", ("batch:3", "validation:1"), id="regularised"),
    pytest.param("accumulation", ("batch:3", "step:5", "batch:9"), id="resume-07-accumulation"),
]  # fmt: skip


def whole_and_parts(tones: Path, cwd: Path, setting: str, chain: Sequence[str]) -> list[str]:
    options = tiny(tones, *SETTINGS[setting])
    if not (cwd / "whole").exists():
        assert start(cwd, [*options, "run_dir=whole"]).status == 0
    name = "-".join([*chain, setting]).replace(":", "").replace(" ", "_")
    command = [*options, f"run_dir={name}"]
    for moment in chain:
        if start(cwd, command, moment).status == 0:
            break  # it was over before that moment
        if (cwd / name / "config.yaml").exists():
            command = [f"resume={name}"]
    ended = start(cwd, command if command[0].startswith("resume") else [f"resume={name}"])
    assert ended.status == 0, ended.out + ended.err
    assert "Traceback" not in ended.err
    return differences(cwd / "whole", cwd / name)


@pytest.mark.parametrize(("setting", "chain"), FAST)
def test_a_run_killed_three_times_ends_like_one_that_was_not(
    tones: Path, tmp_path: Path, setting: str, chain: tuple[str, ...]
) -> None:
    assert whole_and_parts(tones, tmp_path, setting, chain) == []


@pytest.mark.slow
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_run_killed_at_any_moment_ends_like_one_that_was_not(
    tones: Path, tmp_path: Path, setting: str
) -> None:
    moments = MOMENTS if setting in EVERY_MOMENT else MOMENTS[::3]
    wrong = {moment: whole_and_parts(tones, tmp_path, setting, [moment]) for moment in moments}
    assert not any(wrong.values()), {moment: parts for moment, parts in wrong.items() if parts}


@pytest.mark.slow
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_run_killed_time_and_again_ends_like_one_that_was_not(
    tones: Path, tmp_path: Path, setting: str
) -> None:
    chains = CHAINS if setting in EVERY_MOMENT else CHAINS[1::2]
    wrong = {chain: whole_and_parts(tones, tmp_path, setting, chain) for chain in chains}
    assert not any(wrong.values()), {chain: parts for chain, parts in wrong.items() if parts}


@pytest.mark.slow
def test_resume_09_two_processes_killed_at_any_batch_end_like_two_that_were_not(
    tones: Path, tmp_path: Path
) -> None:
    options = tiny(tones, "data.batch_seconds=15", "save_every_steps=1")
    assert [ended.status for ended in start_two(tmp_path, [*options, "run_dir=whole"])] == [0, 0]
    wrong = {}
    for moment in (*(f"batch:{number}" for number in range(1, 9)), "validation:1", "step:3"):
        name = moment.replace(":", "")
        start_two(tmp_path, [*options, f"run_dir={name}"], moment)
        for ended in start_two(tmp_path, [f"resume={name}"]):
            assert ended.status == 0, ended.out + ended.err
        wrong[moment] = differences(tmp_path / "whole", tmp_path / name)
    assert not any(wrong.values()), wrong
