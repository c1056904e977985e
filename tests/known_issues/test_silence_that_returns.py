"""The doctor told how long a silence took that was not over, and forgot it when a run went on."""

import time
from types import SimpleNamespace
from typing import Any

import torch

from asr.training.doctor import Doctor

MODULE: Any = SimpleNamespace(
    task=SimpleNamespace(classes=["a", None]), model=SimpleNamespace(sample_rate=8000)
)


def _hear(doctor: Doctor, said: int, step: int) -> None:
    """A step whose batch was answered with so many symbols where there should be ten."""
    counts = torch.tensor([said, 10, 0, 20, 10, 0])  # one symbol; see Observation
    doctor._looked = [(counts, torch.tensor(8000), 1)]
    doctor._speech(SimpleNamespace(global_step=step, current_epoch=0), MODULE)  # type: ignore[arg-type]


def _spoke_again() -> Doctor:
    doctor = Doctor()
    doctor._began = time.monotonic() - 60
    _hear(doctor, 0, step=1)
    _hear(doctor, 9, step=2)
    assert doctor.summary()["silence"]["seconds"] > 59
    return doctor


def test_a_silence_that_returned_took_no_time_yet() -> None:
    doctor = _spoke_again()

    _hear(doctor, 0, step=3)

    assert doctor.summary()["silence"]["left"] is None
    assert doctor.summary()["silence"]["seconds"] is None


def test_a_run_that_goes_on_knows_how_long_the_silence_took() -> None:
    first, second = _spoke_again(), Doctor()

    second.load_state_dict(first.state_dict())
    _hear(second, 9, step=3)

    assert second.summary()["silence"] == first.summary()["silence"]


def test_a_checkpoint_of_before_has_no_seconds() -> None:
    doctor = Doctor()

    doctor.load_state_dict({**doctor.state_dict(), "silence": [[1, 0], [2, 0]]})

    assert doctor.summary()["silence"]["left"] == {"step": 2, "epoch": 1}
    assert doctor.summary()["silence"]["seconds"] is None
