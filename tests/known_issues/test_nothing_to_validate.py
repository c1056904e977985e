"""A run of which no recording could be decoded ended in a traceback after its first epoch."""

from pathlib import Path

import pytest

import asr.train
from tests.faults.conftest import write_rows, write_tone


def test_recordings_that_cannot_be_decoded_are_told_before_validation_wants_a_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = []
    for split in ("train", "val", "test"):
        write_tone(tmp_path / f"{split}.wav", seconds=1.0)
        rows.append({"audio_filepath": f"{split}.wav", "text": "a b", "split": split})
    file = write_rows(tmp_path / "m.jsonl", *rows)
    run_dir = tmp_path / "run"
    overrides = [
        "corpus=manifest", f"corpus.path='{file}'", f"run_dir='{run_dir}'", "data.channel=9",
        "data.overlap=warn", "trainer=cpu", "trainer.max_epochs=1", "model=separable_small",
    ]  # fmt: skip
    for name in ("ASR_RUN_DIR", "HYDRA_FULL_ERROR"):
        monkeypatch.setenv(name, "")  # the run sets them; no other is to find them
    monkeypatch.setattr("sys.argv", ["train.py", *overrides])

    with pytest.raises(SystemExit) as end:
        asr.train.main()

    assert end.value.code == 2
    assert "1 of 1 train utterances cannot be used" in capsys.readouterr().err
    assert (run_dir / "skipped.jsonl").read_text().count("no channel 9") == 2  # train and val
