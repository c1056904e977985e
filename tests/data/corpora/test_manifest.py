import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.data.corpora.manifest import Manifest
from asr.data.utterance import Utterance
from asr.errors import InputError

GOOD = {"audio_filepath": "a.wav", "duration": 1.5, "text": "hello"}


def write(path: Path, *rows: dict[str, Any]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def read(path: Path, content: bytes) -> list[Utterance]:
    path.write_bytes(content)
    return list(Manifest(train=str(path)).utterances("train"))


def fault(tmp_path: Path, content: bytes) -> str:
    with pytest.raises(InputError) as caught:
        read(tmp_path / "m.jsonl", content)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{tmp_path}/")


def test_a_row_becomes_an_utterance(tmp_path: Path) -> None:
    row = {
        "audio_filepath": "audio/a.flac", "offset": 3, "duration": 1.5, "text": "Hi!",
        "label": "greeting", "speaker": "ann", "gender": "f", "fold": 2, "clean": True,
        "snr": 9.5, "words": ["Hi!"], "note": None,
    }  # fmt: skip
    path = write(tmp_path / "m.jsonl", row)

    (utterance,) = Manifest(train=path).utterances("train")

    assert utterance == Utterance(
        id="audio/a.flac#3.0",
        path=tmp_path / "audio" / "a.flac",
        text="Hi!",
        label="greeting",
        speaker="ann",
        offset=3.0,
        seconds=1.5,
        extras={"gender": "f", "fold": 2, "clean": True, "snr": 9.5},
        line=f"{path}:1",
    )


@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "audio_filepath": st.text("abcé/ \u2028", min_size=1).filter(str.strip),
                "text": st.text(),
            },
            optional={
                "duration": st.floats(0.001, 1e5),
                "offset": st.floats(0, 1e5),
                "label": st.text(),
                "speaker": st.text(),
                "take": st.integers(-(2**62), 2**62),
            },
        ),
        min_size=1,
        unique_by=lambda row: (row["audio_filepath"], row.get("offset")),
    ),
    escape=st.booleans(),
    end=st.sampled_from(["\n", "\r\n", "\n\n", " \n"]),
    bom=st.sampled_from([b"", b"\xef\xbb\xbf"]),
)
def test_whatever_is_written_is_read_back(
    rows: list[dict[str, Any]], escape: bool, end: str, bom: bytes
) -> None:
    lines = end.join(json.dumps(row, ensure_ascii=escape) for row in rows)
    with tempfile.TemporaryDirectory() as folder:
        utterances = read(Path(folder) / "m.jsonl", bom + lines.encode())

        assert [utterance.text for utterance in utterances] == [row["text"] for row in rows]
        for utterance, row in zip(utterances, rows, strict=True):
            assert utterance.path == Path(folder) / row["audio_filepath"]
            assert utterance.seconds == row.get("duration")
            assert utterance.offset == row.get("offset", 0)
            assert utterance.label == row.get("label", "")
            assert utterance.speaker == row.get("speaker", "")
            assert utterance.extras == {key: row[key] for key in ("take",) if key in row}


def test_blank_lines_and_line_separators_of_unicode_keep_the_count_of_lines(tmp_path: Path) -> None:
    first = json.dumps({**GOOD, "text": "a\u2028b"}, ensure_ascii=False).encode()
    second = json.dumps({**GOOD, "id": 7}).encode()
    utterances = read(tmp_path / "m.jsonl", b"\r\n" + first + b"\n\n" + second)
    assert [utterance.line.rpartition(":")[2] for utterance in utterances] == ["2", "4"]
    assert [utterance.id for utterance in utterances] == ["a.wav", "7"]


def test_an_audio_file_that_is_missing_is_for_the_index_to_report(tmp_path: Path) -> None:
    corpus = Manifest(train=write(tmp_path / "m.jsonl", GOOD))
    corpus.prepare()
    (utterance,) = corpus.utterances("train")
    assert not utterance.path.exists()


def test_an_absolute_path_stays(tmp_path: Path) -> None:
    corpus = Manifest(train=write(tmp_path / "m.jsonl", {**GOOD, "audio_filepath": "/x/a.wav"}))
    (utterance,) = corpus.utterances("train")
    assert (utterance.path, utterance.id) == (Path("/x/a.wav"), "/x/a.wav")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"audio_filepath": "a.wav", text}', "m.jsonl:1: not JSON (column 29: "),
        (b"{'audio_filepath': 'a.wav'}", "m.jsonl:1: not JSON (column 2: "),
        (b'\n{"text": "a"} {"text": "b"}', "m.jsonl:2: not JSON (column 15: Extra data"),
        (b'{"text": ', "m.jsonl:1: not JSON"),
        (b"17", "m.jsonl:1: int instead of an object"),
        (b'{"text": "a", "text": "b"}', "m.jsonl:1: key 'text' is given twice; mend the line"),
        (b'{"duration": NaN}', "m.jsonl:1: NaN is not a number"),
        (b'{"duration": -Infinity}', "m.jsonl:1: -Infinity is not a number"),
        (b'{"take": ' + b"9" * 5000 + b"}", "m.jsonl:1: "),
        (b"[" * 100_000, "m.jsonl: a JSON array"),
        (b'{"a":' * 100_000, "m.jsonl:1: nested too deeply"),
        (b'{"text": "\\ud800"}', "m.jsonl:1: half a character ('\\ud800')"),
        (b'{"text": "\xe9t\xe9"}', "m.jsonl:1: not UTF-8 (byte 11)"),
        (b"", "m.jsonl: empty"),
        (b"\n \r\n", "m.jsonl: empty"),
        (b"\xef\xbb\xbf", "m.jsonl: empty"),
        (b'[{"audio_filepath": "a.wav"}]', "m.jsonl: a JSON array, not JSON lines"),
        (b"[\n{}\n]", "m.jsonl: a JSON array, not JSON lines"),
        (b"audio_filepath,text\na.wav,hello\n", "m.jsonl: looks like CSV"),
        (b"audio_filepath\ttext\na.wav\thello\n", "m.jsonl: looks like CSV or TSV"),
        (gzip.compress(b"{}", mtime=0), "m.jsonl: compressed with gzip; unpack it"),
        ("{}".encode("utf-16"), "m.jsonl: UTF-16 or binary"),
        ("{}".encode("utf-16-le"), "m.jsonl: UTF-16 or binary"),
    ],
)
def test_what_is_no_json_lines_is_named(content: bytes, message: str, tmp_path: Path) -> None:
    assert fault(tmp_path, content).startswith(message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"duration": 0}, "duration: 0 is out of range; give positive seconds"),
        ({"duration": -1.5}, "duration: -1.5 is out of range"),
        ({"duration": 1e308}, "duration: 1e+308 is out of range"),
        ({"duration": 10**400}, "duration: 1000"),
        ({"duration": "1.5"}, "duration: '1.5' is not a number"),
        ({"duration": True}, "duration: True is not a number"),
        ({"duration": None}, "duration: None is not a number"),
        ({"offset": -0.1}, "offset: -0.1 is out of range; give 0 or more seconds"),
        ({"text": None}, "text: None is not a string"),
        ({"text": 5}, "text: 5 is not a string"),
        ({"text": ["a"]}, "text: ['a'] is not a string"),
        ({"label": 1.5}, "label: 1.5 is not a string"),
        ({"speaker": True}, "speaker: True is not a string"),
        ({"take": 2**63}, "take: 9223372036854775808 is out of range"),
        ({"durration": 1.0, "duration": ...}, "key 'durration': did you mean 'duration'?"),
        ({"audio_filepath": ..., "audio_file": "a"}, "no key 'audio_filepath'; did you mean it by"),
        ({"text": ..., "txet": "a"}, "no key 'text' or 'label'; did you mean it by 'txet'?"),
        ({"text": ...}, "no key 'text' or 'label'; it has 'audio_filepath', 'duration'"),
        ({"audio_filepath": 5}, "audio_filepath: 5 is no path"),
        ({"audio_filepath": " "}, "audio_filepath: ' ' is no path"),
        ({"audio_filepath": "http://a/b.wav"}, "audio_filepath: 'http://a/b.wav' is an address"),
        ({"audio_filepath": "sox a.wav - | "}, "audio_filepath: 'sox a.wav - | ' is an address"),
        ({"audio_filepath": "pipe:cat a"}, "audio_filepath: 'pipe:cat a' is an address"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_right_is_named_by_file_and_line(
    change: dict[str, Any], message: str, tmp_path: Path
) -> None:
    row = {key: value for key, value in {**GOOD, **change}.items() if value is not ...}
    content = json.dumps({**GOOD, "id": "first"}) + "\n" + json.dumps(row)
    assert fault(tmp_path, content.encode()).startswith(f"m.jsonl:2: {message}")


def test_a_name_may_be_a_whole_number(tmp_path: Path) -> None:
    row = {**GOOD, "id": 1, "label": 0, "speaker": 84}
    (utterance,) = Manifest(train=write(tmp_path / "m.jsonl", row)).utterances("train")
    assert (utterance.id, utterance.label, utterance.speaker) == ("1", "0", "84")


def test_a_row_that_was_there_before_is_named(tmp_path: Path) -> None:
    content = "\n".join([json.dumps(GOOD)] * 2)
    assert fault(tmp_path, content.encode()).startswith("m.jsonl:2: 'a.wav' was there before")


def test_parts_of_one_file_are_told_apart_by_their_offset(tmp_path: Path) -> None:
    path = write(tmp_path / "m.jsonl", {**GOOD, "offset": 0}, {**GOOD, "offset": 1.5})
    ids = [utterance.id for utterance in Manifest(train=path).utterances("train")]
    assert ids == ["a.wav#0.0", "a.wav#1.5"]


def test_equal_paths_beside_different_manifests_have_different_ids(tmp_path: Path) -> None:
    corpus = Manifest(
        train=write(tmp_path / "train" / "m.jsonl", GOOD),
        test=write(tmp_path / "test" / "m.jsonl", GOOD),
    )
    (train,), (test,) = corpus.utterances("train"), corpus.utterances("test")
    assert (train.id, test.id) == ("train/a.wav", "test/a.wav")


def test_a_column_tells_the_splits_of_one_file_apart(tmp_path: Path) -> None:
    rows = [{**GOOD, "id": name, "split": name} for name in ("train", "dev", "test", "unused")]
    corpus = Manifest(path=write(tmp_path / "m.jsonl", *rows))
    for split, name in (("train", "train"), ("val", "dev"), ("test", "test")):
        assert [utterance.id for utterance in corpus.utterances(split)] == [name]  # type: ignore[arg-type]


def test_a_column_may_be_called_anything_and_its_values_serve_in_several_splits(
    tmp_path: Path,
) -> None:
    rows = [{**GOOD, "id": f"clip{fold}", "fold": fold} for fold in (1, 2, 3, 4)]
    corpus = Manifest(
        path=write(tmp_path / "m.jsonl", *rows),
        column="fold",
        splits={"train": [1, 2, 3], "val": [4], "test": ["4"]},
    )
    assert len(list(corpus.utterances("train"))) == 3
    assert list(corpus.utterances("val")) == list(corpus.utterances("test"))


@pytest.mark.parametrize("left_out", [1, 2, 3])
def test_a_split_of_none_has_the_values_that_no_split_names(tmp_path: Path, left_out: int) -> None:
    rows = [{**GOOD, "id": f"clip{fold}", "fold": fold} for fold in (1, 2, 3, 4)]
    corpus = Manifest(
        path=write(tmp_path / "m.jsonl", *rows),
        column="fold",
        splits={"train": None, "val": [4], "test": [str(left_out)]},
    )
    expected = [f"clip{fold}" for fold in (1, 2, 3) if fold != left_out]
    assert [utterance.id for utterance in corpus.utterances("train")] == expected
    assert [utterance.id for utterance in corpus.utterances("test")] == [f"clip{left_out}"]


def test_two_splits_of_none_are_the_same(tmp_path: Path) -> None:
    rows = [{**GOOD, "id": f"clip{fold}", "fold": fold} for fold in (1, 2)]
    corpus = Manifest(
        path=write(tmp_path / "m.jsonl", *rows),
        column="fold",
        splits={"train": None, "val": None, "test": [2]},
    )
    assert [utterance.id for utterance in corpus.utterances("train")] == ["clip1"]
    assert [utterance.id for utterance in corpus.utterances("val")] == ["clip1"]


def test_a_split_of_none_that_is_left_nothing_is_named(tmp_path: Path) -> None:
    corpus = Manifest(
        path=write(tmp_path / "m.jsonl", {**GOOD, "fold": 1}),
        column="fold",
        splits={"train": None, "val": None, "test": [1]},
    )
    with pytest.raises(InputError, match=r"never other than those named, but \['1'\]"):
        list(corpus.utterances("train"))


def test_a_split_that_no_row_is_in_is_named_with_what_there_is(tmp_path: Path) -> None:
    corpus = Manifest(path=write(tmp_path / "m.jsonl", {**GOOD, "split": "eval"}))
    with pytest.raises(InputError, match=r"never one of \['test'\], but \['eval'\]"):
        list(corpus.utterances("test"))


def test_a_row_without_the_column_is_named(tmp_path: Path) -> None:
    corpus = Manifest(path=write(tmp_path / "m.jsonl", {**GOOD, "splits": "test"}))
    with pytest.raises(
        InputError, match=r"m\.jsonl:1: no key 'split'; did you mean it by 'splits'"
    ):
        list(corpus.utterances("test"))


def test_one_file_or_several_are_to_be_given_but_not_both() -> None:
    with pytest.raises(InputError, match=r"corpus\.path"):
        Manifest()
    with pytest.raises(InputError, match=r"corpus\.path"):
        Manifest(path="a.jsonl", train="b.jsonl")


def test_a_split_without_a_manifest_is_named(tmp_path: Path) -> None:
    corpus = Manifest(train=write(tmp_path / "m.jsonl", GOOD))
    with pytest.raises(InputError, match=r"set corpus\.val"):
        list(corpus.utterances("val"))


def test_a_manifest_that_is_missing_or_a_folder_is_one_line(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone.jsonl"):
        corpus = Manifest(train=str(path))
        with pytest.raises(InputError, match="no such manifest"):
            corpus.prepare()
        with pytest.raises(InputError, match="check the path"):
            list(corpus.utterances("train"))


def test_a_manifest_named_gz_is_decompressed_on_the_way(tmp_path: Path) -> None:
    lines = b'{"audio_filepath": "a.wav", "text": "a"}\n{"audio_filepath": "b.wav", "text": "b"}\n'
    (tmp_path / "m.jsonl.gz").write_bytes(gzip.compress(lines))
    found = Manifest(train=str(tmp_path / "m.jsonl.gz")).utterances("train")
    assert [u.text for u in found] == ["a", "b"]


@pytest.mark.parametrize(
    "content", [b"no gzip", gzip.compress(b"{}" * 999, mtime=0)[:-9], b"\x1f\x8b\x08\0"]
)
def test_a_gz_that_is_not_whole_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.jsonl.gz").write_bytes(content)
    with pytest.raises(InputError, match=r"m\.jsonl\.gz: not a whole gzip file") as caught:
        list(Manifest(train=str(tmp_path / "m.jsonl.gz")).utterances("train"))
    assert "\n" not in str(caught.value)


def test_an_id_that_repeats_far_away_is_named_with_both_places(tmp_path: Path) -> None:
    rows = [f'{{"audio_filepath": "{n % 5000}.wav", "text": "a"}}\n' for n in range(5001)]
    (tmp_path / "m.jsonl").write_text("".join(rows))
    with pytest.raises(InputError, match=r"m.jsonl:5001: '0.wav' was there .*m.jsonl:1;"):
        list(Manifest(train=str(tmp_path / "m.jsonl")).utterances("train"))
