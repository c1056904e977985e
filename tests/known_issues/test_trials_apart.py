"""Trials of a sweep without run_dir each had a folder of the second in which they began."""

from pathlib import Path

from tests.training.conftest import train


def test_trials_of_a_sweep_without_a_folder_stand_side_by_side(tmp_path: Path) -> None:
    train(tmp_path / "data", tmp_path, "-m", "seed=1,2", "trainer.max_epochs=1")
    [sweep] = tmp_path.glob("runs/*/*")
    assert {path.name for path in sweep.iterdir()} == {"0", "1"}
