import os
import pickle
import re
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.data import headers, index, index_file
from asr.data.audio import AudioInfo
from asr.data.index import Index
from asr.data.index_file import IndexFile
from asr.data.index_rows import write_index
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


@pytest.mark.parametrize("between", [0, 5, headers.CHUNK, 2 * headers.CHUNK])
def test_a_repeated_id_is_named_with_both_its_places(tmp_path: Path, between: int, monkeypatch):
    monkeypatch.setattr(index_file, "BATCH", 1000)
    path = Path("nowhere.wav")
    rows = [Utterance("a", path, line="m.jsonl:1")]
    rows += [Utterance(str(i), path, line=f"m.jsonl:{i + 2}") for i in range(between)]
    rows += [Utterance("a", path, line="m.jsonl:99")]
    with pytest.raises(InputError, match=r"m.jsonl:99: .*'a' occurs twice, first in m.jsonl:1;"):
        Index.of(rows)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)


@settings(max_examples=30)
@given(
    texts=st.lists(TEXTS, max_size=20), batch=st.integers(1, 8), dropped=st.sets(st.integers(0, 19))
)
def test_a_row_is_the_same_however_it_is_reached(texts, batch, dropped, wav) -> None:
    rows = [
        Utterance(
            f"{n}/{text}", wav, text, seconds=0.5 + n / 100, extras={"n": n, "text": text},
            line=f"m.jsonl:{n}",
        )
        for n, text in enumerate(texts)
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index_file, "BATCH", batch)
        patch.setattr(index, "BATCH", batch)
        whole = Index.of(rows)
        part = whole.without(lambda u: "dropped" if u.extras["n"] in dropped else None)
        wanted = [u for u in rows if u.extras["n"] not in dropped]

        assert list(whole) == rows
        assert list(part) == wanted
        assert [part[row] for row in reversed(range(len(part)))] == wanted[::-1]
        assert list(pickle.loads(pickle.dumps(part))) == wanted
        assert list(part.values("text")) == [u.text for u in wanted]
        assert part.seconds.tolist() == [u.seconds for u in wanted]
        assert {item.id for item in part.skipped} == {u.id for u in rows} - {u.id for u in wanted}


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _wav(tmp_path_factory.mktemp("index") / "a.wav", 2)


def test_what_was_skipped_is_a_sequence(tmp_path: Path) -> None:
    rows = [Utterance(str(i), Path(f"{i}.wav"), line=f"m.jsonl:{i}") for i in range(5)]
    skipped = Index.of(rows).skipped
    assert [item.id for item in skipped] == ["0", "1", "2", "3", "4"]
    assert [item.line for item in skipped[1:3]] == ["m.jsonl:1", "m.jsonl:2"]
    assert skipped[-1].id == "4"
    assert set(skipped.reasons()) == {"No such file or directory; check the path"}


def test_another_process_gets_the_place_of_the_file_and_not_its_rows(wav: Path) -> None:
    many = Index.of([Utterance(str(i), wav, text="word " * 200) for i in range(2000)])
    assert sum(many.seconds) == 4000
    assert len(pickle.dumps(many)) < 20_000


def test_an_index_that_goes_takes_its_temporary_file_along(wav: Path) -> None:
    short = Index.of([Utterance("a", wav)])
    folder = short._file.path.parent
    assert folder.exists()
    del short
    assert not folder.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_leaves_the_temporary_file_of_its_parent(wav: Path) -> None:
    short = Index.of([Utterance("a", wav)])
    child = os.fork()
    if not child:
        del short
        os._exit(0)
    os.waitpid(child, 0)
    assert short._file.path.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_reading_all_of_a_large_index_keeps_little_of_it_mapped(wav: Path, tmp_path: Path) -> None:
    path = tmp_path / "large.arrow"
    many = (Utterance(str(i), wav, text="word " * 800) for i in range(20_000))
    write_index(path, many, 0, 9)
    large = Index.open(IndexFile(path))
    assert sum(1 for _ in large) == 20_000
    for row in range(0, 20_000, 50):
        large[row]

    maps = Path("/proc/self/smaps").read_text().partition(str(path))[2]
    resident = int(re.search(r"^Rss: +(\d+) kB", maps, re.MULTILINE)[1]) * 1024  # type: ignore[index]
    assert path.stat().st_size > 80_000_000
    assert resident < 16_000_000


@pytest.mark.slow
def test_an_index_is_the_same_for_any_number_of_processes(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(headers, "_FEW", headers.CHUNK)
    paths = [_wav(tmp_path / f"{i}.wav", 0.1 + i / 10) for i in range(9)] + [Path("nowhere.wav")]
    rows = [Utterance(str(i), paths[i % 10]) for i in range(2 * headers.CHUNK + 500)]
    for processes in (1, 2, 3):
        write_index(tmp_path / f"{processes}.arrow", rows, 0, 9, processes=processes)
    one, two, three = ((tmp_path / f"{n}.arrow").read_bytes() for n in (1, 2, 3))
    assert one == two == three


def test_the_fingerprint_is_that_of_earlier_versions(wav: Path) -> None:
    rows = [Utterance("a", wav, text="Ja \u00e4"), Utterance("b", wav, label="x", offset=0.25)]
    assert Index.of(rows).fingerprint == "29976e50e9855d3e"


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


@given(paths=st.lists(st.sampled_from("abc"), max_size=20), batch=st.integers(1, 5))
def test_neighbours_in_a_file_share_its_number(paths: list[str], batch: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index_file, "BATCH", batch)
        patch.setattr(index, "BATCH", batch)
        patch.setattr("asr.data.headers.audio_info", lambda *_: AudioInfo(1.0, 8000, 1))
        found = Index.of(Utterance(str(n), Path(path)) for n, path in enumerate(paths)).files
    numbers = [
        sum(one != other for one, other in pairwise(paths[: n + 1])) for n in range(len(paths))
    ]
    assert found.tolist() == numbers
