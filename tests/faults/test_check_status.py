"""``asr check`` ends in status 2 where training would refuse the corpus, and else in 0."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from asr.data.corpora.manifest import Manifest
from asr.errors import InputError
from asr.training.data import SpeechData
from tests.faults.conftest import RATE, Run, refused, write_rows, write_tone


def _rows(folder: Path, split: str, count: int, **more: Any) -> list[dict[str, Any]]:
    names = [f"{split}{number}.wav" for number in range(count)]
    for number, name in enumerate(names):
        write_tone(folder / name, seconds=1 + 0.01 * number + (split == "test"))
    return [{"audio_filepath": name, "text": "a b", "split": split, **more} for name in names]


def _spoil(folder: Path, count: int) -> None:
    for number in range(count):
        (folder / f"train{number}.wav").write_bytes(b"")


def _copy(folder: Path, count: int) -> None:
    shutil.copy(folder / "train0.wav", folder / "test0.wav")


def _lengthen(folder: Path, count: int) -> None:
    for number in range(count):
        write_tone(folder / f"train{number}.wav", rate=4000, seconds=36)


def _nothing(folder: Path, count: int) -> None:
    pass


@pytest.mark.parametrize(
    ("change", "count", "message"),
    [
        pytest.param(_nothing, 0, None, id="row-67-nothing-wrong"),
        pytest.param(_spoil, 10, "10 of 10 train utterances cannot be used", id="row-67-all"),
        pytest.param(
            _spoil, 1, "1 of 10 train utterances cannot be used (1 empty", id="row-67-one"
        ),
        pytest.param(_lengthen, 1, "1 of 10 train utterances cannot be used", id="row-39-long"),
        pytest.param(_copy, 1, "train and test share 1 copy of a recording", id="row-63-copy"),
    ],
)
def test_check_ends_as_training_would(
    run: Run, tmp_path: Path, change: Any, count: int, message: str | None
) -> None:
    rows = _rows(tmp_path, "train", 10) + _rows(tmp_path, "test", 5)
    change(tmp_path, count)
    file = write_rows(tmp_path / "m.jsonl", *rows)
    for split in ("train", "test"):
        write_rows(tmp_path / f"{split}.jsonl", *(row for row in rows if row["split"] == split))
    paths = {name: str(tmp_path / f"{name}.jsonl") for name in ("train", "test")}
    data = SpeechData(Manifest(**paths, val=paths["test"]), RATE)

    outcome = run("check", "--manifest", file)

    if message is None:
        assert outcome.status == 0
        data.read()
        return
    refused(outcome, f"error: {file}: training would refuse it: {message}")
    with pytest.raises(InputError):
        data.read()


def test_more_may_be_unusable_where_training_allows_more(run: Run, tmp_path: Path) -> None:
    file = write_rows(tmp_path / "m.jsonl", *_rows(tmp_path, "train", 10))
    _spoil(tmp_path, 2)
    refused(run("check", "--manifest", file, "--max-skip-fraction", 0.1), "more than 0.1 of them")
    assert run("check", "--manifest", file, "--max-skip-fraction", 0.2).status == 0
    refused(run("check", "--manifest", file, "--max-skip-fraction", 2), "must be 0 to 1")


def test_what_is_left_without_the_unusable_rows_is_not_refused(run: Run, tmp_path: Path) -> None:
    file = write_rows(tmp_path / "m.jsonl", *_rows(tmp_path, "train", 5))
    _spoil(tmp_path, 1)
    refused(run("check", "--manifest", file, "--good", tmp_path / "good.jsonl"), "1 of 5 train")
    assert run("check", "--manifest", tmp_path / "good.jsonl").status == 0


def test_speakers_in_both_splits_are_told_but_not_refused(run: Run, tmp_path: Path) -> None:
    rows = [row for split in ("train", "test") for row in _rows(tmp_path, split, 3, speaker="x")]
    outcome = run("check", "--manifest", write_rows(tmp_path / "m.jsonl", *rows), "--json")
    assert outcome.status == 0
    report = json.loads(outcome.printed)
    assert [fault["id"] for fault in report["faults"]] == ["speaker"]
    assert (report["usable"], report["refusals"]) == (True, [])


def test_row_64_a_label_that_training_has_not_is_refused(run: Run, tmp_path: Path) -> None:
    rows = [
        *_rows(tmp_path, "train", 3, text="", label="yes"),
        *_rows(tmp_path, "test", 3, text="", label="no"),
    ]
    outcome = run("check", "--manifest", write_rows(tmp_path / "m.jsonl", *rows), "--json")
    refused(outcome, "test has the label 'no', which training has not")
    assert json.loads(outcome.printed)["usable"] is False


def test_row_52_rows_with_neither_text_nor_label_cannot_be_learnt(run: Run, tmp_path: Path) -> None:
    rows = _rows(tmp_path, "train", 3, text=" ")
    refused(run("check", "--manifest", write_rows(tmp_path / "m.jsonl", *rows)),
            "3 of 3 train utterances cannot be used (3 neither text nor label")  # fmt: skip


def test_row_57_texts_too_long_for_the_model_are_refused(
    run: Run, bundle: Path, tmp_path: Path
) -> None:
    rows = _rows(tmp_path, "train", 3, text="a b " * 200)
    file = write_rows(tmp_path / "m.jsonl", *rows)
    refused(run("check", "--manifest", file, "--model", bundle), "3 of 3 train utterances cannot")
    assert run("check", "--manifest", file).status == 0
