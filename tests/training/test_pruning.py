import csv
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from lightning.pytorch.trainer.states import TrainerFn

from asr.training.pruning import MedianPruning

from .conftest import summary


def log(folder: Path, values: list[float]) -> None:
    folder.mkdir()
    with (folder / "metrics.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["step", "train/loss", "epoch", "val/wer"])
        writer.writeheader()
        for epoch, value in enumerate(values):
            writer.writerow({"step": 9 * epoch, "train/loss": 1, "epoch": epoch})
            writer.writerow({"step": 9 * epoch + 8, "epoch": epoch, "val/wer": value})


def stops_at(pruning: MedianPruning, folder: Path, values: list[float]) -> int | None:
    """The epoch after which a trial with these validations is given up."""
    for epoch, value in enumerate(values):
        trainer = SimpleNamespace(
            default_root_dir=str(folder), current_epoch=epoch, should_stop=False,
            state=SimpleNamespace(fn=TrainerFn.FITTING), sanity_checking=False, fast_dev_run=False,
            callback_metrics={"val/wer": torch.tensor(value)},
            strategy=SimpleNamespace(reduce_boolean_decision=lambda stop, all: stop),
        )  # fmt: skip
        pruning.on_validation_end(trainer, None)
        if trainer.should_stop:
            return epoch
    return None


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    for number, values in enumerate([[0.9, 0.5, 0.2], [0.8, 0.6, 0.3], [0.7, 0.6, 0.4]]):
        log(tmp_path / str(number), values)
    log(tmp_path / "3", [0.1])  # has not got as far
    (tmp_path / "notes").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("values", "epoch"),
    [
        ([0.9, 0.8, 0.7], 1),  # 0.9 is better than the median of none of the first epoch's four
        ([0.7, 0.7, 0.7], 1),
        ([0.7, 0.55, 0.35], 2),
        ([0.7, 0.55, 0.25], None),
        ([0.7, 0.6, 0.3], None),  # as good as the median
        ([0.2, 0.9, 0.9], None),  # was as good once
    ],
)
def test_a_trial_worse_than_the_median_is_given_up(
    sweep: Path, values: list[float], epoch: int | None
) -> None:
    pruning = MedianPruning("val/wer", least_trials=3, first_epoch=2)
    assert stops_at(pruning, sweep / "7", values) == epoch


def test_of_accuracy_more_is_better(sweep: Path) -> None:
    pruning = MedianPruning("val/wer", "max", least_trials=3)
    assert stops_at(pruning, sweep / "7", [0.75, 0.95, 0.95]) is None
    pruning = MedianPruning("val/wer", "max", least_trials=3)
    assert stops_at(pruning, sweep / "7", [0.6, 0.95, 0.95]) == 0


def test_nothing_is_given_up_before_enough_trials_have_got_as_far(sweep: Path) -> None:
    assert stops_at(MedianPruning("val/wer", least_trials=4), sweep / "7", [0.7, 2, 2]) is None
    assert stops_at(MedianPruning("val/wer", first_epoch=4), sweep / "7", [0.7, 2, 2]) is None


def test_a_run_that_is_no_trial_is_never_given_up(sweep: Path) -> None:
    assert stops_at(MedianPruning("val/wer", least_trials=1), sweep / "notes", [9, 9, 9]) is None


def test_its_own_log_does_not_count(sweep: Path) -> None:
    assert stops_at(MedianPruning("val/wer", least_trials=4), sweep / "2", [0.9, 9, 9]) is None


def test_what_is_no_number_does_not_count(sweep: Path) -> None:
    log(sweep / "8", [float("nan"), float("nan"), float("nan")])
    pruning = MedianPruning("val/wer", least_trials=4, first_epoch=2)
    assert stops_at(pruning, sweep / "7", [0.85, 9, 9]) is None


def test_a_log_that_is_being_written_is_read_as_far_as_it_goes(sweep: Path) -> None:
    with (sweep / "0" / "metrics.csv").open("a") as file:
        file.write("27,,3,0.")
    (sweep / "8").mkdir()
    (sweep / "8" / "metrics.csv").write_bytes(b"\xff\xfe")
    pruning = MedianPruning("val/wer", least_trials=3, first_epoch=2)
    assert stops_at(pruning, sweep / "7", [0.7, 0.7, 0.7]) == 1


def test_a_trial_that_is_given_up_is_tested(run, tmp_path: Path) -> None:
    run(
        "-m", "optimizer.lr=3e-3,1e-9", "run_dir=sweep", "trainer.max_epochs=3",
        "callbacks.pruning={_target_: asr.training.pruning.MedianPruning, _partial_: true, "
        "least_trials: 1, first_epoch: 2}",
    )  # fmt: skip
    validations = []
    for trial in ("0", "1"):
        with (tmp_path / "sweep" / trial / "metrics.csv").open() as file:
            validations.append(sum(bool(row["val/wer"]) for row in csv.DictReader(file)))
    assert validations == [3, 2]
    assert summary(tmp_path / "sweep/1")["test"]["wer"] >= 0


@pytest.mark.parametrize("options", [{"least_trials": 0}, {"first_epoch": 0}])
def test_numbers_below_1_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="least_trials and first_epoch must be at least 1"):
        MedianPruning("val/wer", **options)
