"""What reaches TensorBoard, read back from its event file."""

from pathlib import Path

import pytest

from asr.errors import InputError
from asr.training.tensorboard_log import tensorboard_log

from .conftest import summary


def test_a_run_writes_its_scalars_into_its_folder(run, tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

    run("logger=tensorboard", "run_dir=out")

    events = accumulator.EventAccumulator(str(tmp_path / "out" / "tensorboard"))
    events.Reload()
    assert {"train/loss", "train/lr", "val/wer", "test/wer"} <= set(events.Tags()["scalars"])
    [tested] = events.Scalars("test/wer")
    assert tested.value == pytest.approx(summary(tmp_path / "out")["test"]["wer"])


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("pytorch", "fabric"):
        name = f"lightning.{module}.loggers.tensorboard"
        for package in ("_TENSORBOARD_AVAILABLE", "_TENSORBOARDX_AVAILABLE"):
            monkeypatch.setattr(f"{name}.{package}", False, raising=False)

    with pytest.raises(InputError, match=r"pip install -e '.\[tensorboard\]'"):
        tensorboard_log(tmp_path)
