"""The log of a run: a row for each logged step, however many times something is logged of it."""

import csv
from pathlib import Path

import pytest

from asr.training.csv_logger import CSVLog


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [{name: value for name, value in row.items() if value} for row in rows]


@pytest.mark.parametrize("known", [True, False])
def test_what_more_is_logged_of_a_step_goes_into_its_row(tmp_path: Path, known: bool) -> None:
    log = CSVLog(tmp_path / "metrics.csv")
    log.log_metrics({"loss": 3.0, **({"doctor": 1.0} if known else {})}, step=9)
    log.log_metrics({"doctor": 123456.5}, step=19)
    log.log_metrics({"loss": 2.0, "lr": 0.25}, step=19)
    log.log_metrics({"loss": 1.0}, step=29)

    first, second, third = _rows(tmp_path / "metrics.csv")
    assert second == {"step": "19", "loss": "2", "doctor": "123456.5", "lr": "0.25"}
    assert (first["step"], third) == ("9", {"step": "29", "loss": "1"})
    assert log.rows == [first, second, third]


def test_a_validation_and_what_is_logged_again_have_rows_of_their_own(tmp_path: Path) -> None:
    log = CSVLog(tmp_path / "metrics.csv")
    log.log_metrics({"loss": 2.0}, step=9)
    log.log_metrics({"val/loss": 1.0}, step=9)
    log.log_metrics({"lr": 0.5}, step=9)
    log.log_metrics({"lr": 0.25}, step=9)

    steps = [
        ("9", row) for row in ({"loss": "2"}, {"val/loss": "1"}, {"lr": "0.5"}, {"lr": "0.25"})
    ]
    assert _rows(tmp_path / "metrics.csv") == [{"step": step, **row} for step, row in steps]


def test_a_run_that_goes_on_never_changes_the_rows_it_found(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    CSVLog(path).log_metrics({"loss": 2.0, "lr": 1.0}, step=9)
    before = path.read_bytes()

    log = CSVLog(path)
    log.log_metrics({"lr": 0.5}, step=9)
    assert path.read_bytes().startswith(before)
    log.forget_from(9)
    log.log_metrics({"lr": 0.5}, step=9)
    assert _rows(path) == [{"step": "9", "lr": "0.5"}]
