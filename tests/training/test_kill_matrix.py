"""A run that is killed at any batch, any number of times, ends like one that was not."""

import signal
from pathlib import Path

import pytest

from .interrupted import EPOCHS, OPTIONS, can_import_kill_at, differences, interrupted

BATCHES = 4  # of an epoch
EVERY = "trainer.save_every_steps=1"
CHAINS = [(1, 3, 5), (4, 4, 6), (3, 6, 9), (7, 8, 11)]


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_a_run_killed_at_any_batch_ends_like_one_that_was_not(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    can_import_kill_at(monkeypatch)
    run("run_dir=whole", *OPTIONS, EVERY)
    wrong = {}
    for at in range(1, EPOCHS * BATCHES):  # before the first step there is nothing to resume
        interrupted(
            run, f"at{at}", signal.SIGKILL, [at], -signal.SIGKILL, EVERY, f"data.workers={workers}"
        )
        wrong[at] = differences(tmp_path / "whole", tmp_path / f"at{at}")
    assert not any(wrong.values()), wrong


@pytest.mark.slow
@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("more", [[], ["trainer.accumulate=2"], ["trainer.validate_every=2"]])
def test_a_run_killed_three_times_ends_like_one_that_was_not(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chain: tuple[int, ...], more: list[str]
) -> None:
    can_import_kill_at(monkeypatch)
    run("run_dir=whole", *OPTIONS, EVERY, *more)
    if "trainer.accumulate=2" in more:
        chain = (*tuple(at + 1 for at in chain[:-1]), chain[-1])
    interrupted(run, "parts", signal.SIGKILL, chain, -signal.SIGKILL, EVERY, *more)
    assert differences(tmp_path / "whole", tmp_path / "parts") == []
