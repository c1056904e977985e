from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.data.index import Index
from asr.data.utterance import Utterance
from asr.errors import InputError


def _wav(path: Path, seconds: float, rate: int = 8000) -> Path:
    soundfile.write(path, np.zeros(round(seconds * rate), dtype=np.float32), rate)
    return path


def test_rows_come_back_as_they_went_in(tmp_path: Path) -> None:
    whole = Utterance(
        "a", _wav(tmp_path / "a.wav", 2), text="Ja", label="x", speaker="s",
        offset=0.5, seconds=1.0, extras={"gender": "f", "fold": 3}, line="m.jsonl:1",
    )  # fmt: skip
    index = Index.of([whole])
    assert list(index) == [whole]
    assert index.rates == {8000: 1}


def test_durations_that_are_not_given_are_read_from_the_header(tmp_path: Path) -> None:
    path = _wav(tmp_path / "a.wav", 2)
    index = Index.of([Utterance("a", path), Utterance("b", path, offset=0.5)])
    np.testing.assert_allclose(index.seconds, [2, 1.5])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"path": Path("nowhere.wav")}, "No such file"),
        ({"seconds": 9.0}, "said to last 9 s, but the file holds 2.00 s"),
        ({"offset": 3.0}, "begins at 3 s of a file of 2.00 s"),
        ({"seconds": 0.1}, "outside 0.5 to 1.8 s"),
        ({}, "outside 0.5 to 1.8 s"),
    ],
)
def test_what_cannot_be_used_is_left_out_with_its_reason(tmp_path: Path, change, reason) -> None:
    good = Utterance("good", _wav(tmp_path / "a.wav", 2), seconds=1.0)
    bad = Utterance(**{"id": "bad", "path": good.path, "line": "m.jsonl:2", **change})

    index = Index.of([good, bad], shortest=0.5, longest=1.8)

    assert [utterance.id for utterance in index] == ["good"]
    [skipped] = index.skipped
    assert (skipped.id, skipped.line) == ("bad", "m.jsonl:2")
    assert reason in skipped.reason


def test_kept_and_skipped_are_all_there_are_after_filtering(tmp_path: Path) -> None:
    path = _wav(tmp_path / "a.wav", 1)
    rows = [Utterance(str(i), path if i % 3 else Path("nowhere.wav")) for i in range(10)]
    index = Index.of(rows).without(lambda u: "even" if int(u.id) % 2 == 0 else None)
    assert len(index) + len(index.skipped) == len(rows)
    assert [utterance.id for utterance in index] == ["1", "5", "7"]


def test_an_id_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    path = _wav(tmp_path / "a.wav", 1)
    with pytest.raises(InputError, match="'a' occurs twice"):
        Index.of([Utterance("a", path), Utterance("a", path)])


def test_the_fingerprint_changes_with_what_is_taught(tmp_path: Path) -> None:
    path = _wav(tmp_path / "a.wav", 1)
    prints = {
        Index.of([Utterance("a", path, text=text, label=label)]).fingerprint
        for text, label in [("x", ""), ("y", ""), ("", "x"), ("", "")]
    }
    assert len(prints) == 4


def test_an_empty_corpus_is_an_empty_index() -> None:
    index = Index.of([])
    assert len(index) == 0
    assert index.hours == 0
