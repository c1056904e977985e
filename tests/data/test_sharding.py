import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.cli import main
from asr.data import tar_samples
from asr.data.audio import AudioError, audio_info, read_audio
from asr.data.corpora.shards import Shards
from asr.data.index import Index
from asr.data.index_cache import open_index
from asr.data.sharding import write_shards
from asr.data.utterance import Utterance
from asr.data.window import Window, open_window
from asr.errors import InputError


def _noise(seconds: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, round(seconds * 8000))


def _encoded(seconds: float, seed: int, format: str = "WAV") -> bytes:
    written = io.BytesIO()
    soundfile.write(written, _noise(seconds, seed), 8000, format=format)
    return written.getvalue()


@pytest.fixture
def rows(tmp_path: Path) -> list[Utterance]:
    """Recordings of several formats, one of them two utterances, one of another rate."""
    found = []
    for number, format in enumerate(["WAV", "FLAC", "OGG", "WAV", "FLAC", "MP3"]):
        path = tmp_path / f"clip{number}.{format.lower()}"
        path.write_bytes(_encoded(1 + number / 10, number, format))
        extras = {"fold": number}
        found.append(Utterance(f"id/{number}", path, text=f"text {number}", extras=extras))
    found.append(Utterance("part/1", found[0].path, text="a", seconds=0.5, speaker="s"))
    found.append(Utterance("part/2", found[0].path, label="b", offset=0.5, seconds=0.25))
    return found


def _tar(path: Path, members: dict[str, bytes], **how) -> Path:
    with tarfile.open(path, "w", **how) as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def _audio(utterance: Utterance) -> np.ndarray:
    return read_audio(
        utterance.path, 8000, offset=utterance.offset, seconds=utterance.seconds,
        window=utterance.window,
    ).numpy()  # fmt: skip


def _what_counts(utterance: Utterance) -> tuple:
    u = utterance
    return u.id, u.text, u.label, u.speaker, dict(u.extras)


@pytest.mark.parametrize("flac", [False, True])
@pytest.mark.parametrize("shard_bytes", [1, 40_000, 10**9])
def test_shards_hold_what_the_index_held(tmp_path: Path, rows, flac: bool, shard_bytes: int):
    done = write_shards(
        Index.of(rows), tmp_path / "out", "train", shard_bytes=shard_bytes, flac=flac
    )
    found = Index.of(Shards(str(tmp_path / "out")).utterances("train"))

    assert (done.utterances, done.unread, list(found.skipped)) == (len(rows), [], [])
    assert done.shards == len(list((tmp_path / "out").glob("train-*.tar")))
    assert (done.shards == 1) == (shard_bytes == 10**9)
    given = {utterance.id: utterance for utterance in Index.of(rows)}
    assert {u.id: _what_counts(u) for u in found} == {i: _what_counts(u) for i, u in given.items()}
    for utterance in found:
        np.testing.assert_allclose(_audio(utterance), _audio(given[utterance.id]), atol=2**-15)


def test_recordings_are_copied_byte_for_byte(tmp_path: Path, rows: list[Utterance]) -> None:
    write_shards(Index.of(rows), tmp_path / "out", "train", shard_bytes=10**9)
    for utterance in Shards(str(tmp_path / "out")).utterances("train"):
        if utterance.id.startswith("id/"):
            number = int(utterance.id[-1])
            assert utterance.window is not None
            with open_window(utterance.path, utterance.window) as file:
                assert file.read() == rows[number].path.read_bytes()


def test_the_order_is_drawn_once_from_the_seed(tmp_path: Path, rows: list[Utterance]) -> None:
    def order(seed: int | None, folder: str) -> list[str]:
        write_shards(Index.of(rows), tmp_path / folder, "train", shard_bytes=9**9, seed=seed)
        return [u.id for u in Shards(str(tmp_path / folder)).utterances("train")]

    assert order(None, "a") == [row.id for row in rows]
    assert order(1, "b") == order(1, "c") != order(2, "d")
    assert (tmp_path / "b/train-000000.tar").read_bytes() == (
        tmp_path / "c/train-000000.tar"
    ).read_bytes()


def test_an_index_beside_a_shard_says_what_searching_it_would(tmp_path: Path, rows, monkeypatch):
    write_shards(Index.of(rows), tmp_path / "out", "train", shard_bytes=40_000)
    (tmp_path / "out").rename(tmp_path / "moved")
    corpus = Shards(str(tmp_path / "moved"))
    indexed = [(_what_counts(u), u.path, u.window, u.line) for u in corpus.utterances("train")]
    for path in (tmp_path / "moved").glob("*.arrow"):
        path.unlink()
    searched = [(_what_counts(u), u.path, u.window, u.line) for u in corpus.utterances("train")]
    assert indexed == searched


def test_an_index_of_another_shard_is_passed_over(tmp_path: Path, rows: list[Utterance]) -> None:
    write_shards(Index.of(rows[:2]), tmp_path, "train", shard_bytes=10**9)
    write_shards(Index.of(rows[2:5]), tmp_path, "val", shard_bytes=10**9)
    (tmp_path / "val-000000.tar").replace(tmp_path / "train-000000.tar")
    found = {u.id for u in Shards(str(tmp_path)).utterances("train")}
    assert found == {"id/2", "id/3", "id/4"}


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_shards_made_elsewhere_are_searched(tmp_path: Path, format: int) -> None:
    long = "a-folder/" * 12 + "sample"
    _tar(
        tmp_path / "train-0.tar",
        {
            f"{long}.json": b'{"text": "one two", "speaker": "s", "id": "mine"}',
            f"{long}.flac": _encoded(1, 0, "FLAC"),
            "b.txt": "z\u00fcrich\n".encode(),
            "b.wav": _encoded(0.5, 1),
            "c.d.audio.WAV": _encoded(0.25, 2),
            "c.cls": b"7",
            "README": b"no sample",
            "lonely.txt": b"no audio",
        },
        format=format,
    )
    one, two, three = Shards(str(tmp_path)).utterances("train")
    assert (one.id, one.text, one.speaker) == ("mine", "one two", "s")
    assert (two.id, two.text) == ("train-0/b", "z\u00fcrich")
    assert (three.id, three.label) == ("train-0/c", "7")
    lengths = [_audio(u).shape[1] for u in (one, two, three)]
    assert lengths == [8000, 4000, 2000]
    np.testing.assert_allclose(_audio(two)[0], _noise(0.5, 1), atol=2**-15)


def test_what_is_no_regular_member_is_passed_over(tmp_path: Path) -> None:
    path = _tar(tmp_path / "train-0.tar", {"a.wav": _encoded(1, 0), "a.txt": b"a"})
    with tarfile.open(path, "a") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE):
            member = tarfile.TarInfo("b.wav")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    assert [u.id for u in Shards(str(tmp_path)).utterances("train")] == ["train-0/a"]


def test_names_lead_nowhere(tmp_path: Path) -> None:
    _tar(
        tmp_path / "train-0.tar",
        {"/../../etc/evil.wav": _encoded(1, 0), "/../../etc/evil.txt": b"a"},
    )
    [utterance] = Shards(str(tmp_path)).utterances("train")
    assert utterance.path == tmp_path / "train-0.tar"


def test_a_sparse_member_is_passed_over_for_its_bytes_are_not_its_content(tmp_path: Path) -> None:
    path = _tar(tmp_path / "train-0.tar", {"a.wav": _encoded(1, 0), "a.txt": b"a"})
    with tarfile.open(path, "a", format=tarfile.GNU_FORMAT) as archive:
        member = tarfile.TarInfo("b.wav")
        member.type = tarfile.GNUTYPE_SPARSE
        archive.addfile(member)
    assert [name for name, _ in tar_samples.tar_members(path)] == ["a.wav", "a.txt"]


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"a.wav": b"x"}, "'text' or 'label'"),
        ({"a.wav": b"x", "a.json": b"[1]"}, "list instead of an object"),
        ({"a.wav": b"x", "a.json": b'{"text": 3}'}, "text: 3 is not a string"),
        ({"a.wav": b"x", "a.txt": b"\xff"}, "not UTF-8"),
        ({"a.wav": b"x", "a.txt": b"x" * (2 << 20)}, "no transcript"),
        ({"a.wav": b"x", "a.flac": b"x", "a.txt": b"a"}, "keep one recording"),
        ({"a.txt": b"a"}, "no member is audio"),
        ({}, "no member is audio"),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_shard(tmp_path: Path, members, told) -> None:
    path = _tar(tmp_path / "train-0.tar", members)
    with pytest.raises(InputError, match=told) as caught:
        list(Shards(str(tmp_path)).utterances("train"))
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"no tar at all " * 100, b"\x1f\x8b\x08" + b"\0" * 600])
def test_what_is_no_tar_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "train-0.tar").write_bytes(content)
    with pytest.raises(InputError, match=r"train-0\.tar: not a whole") as caught:
        list(Shards(str(tmp_path)).utterances("train"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_a_shard_that_is_cut_short_is_refused(tmp_path: Path, share: float) -> None:
    members = {f"{n}.{kind}": _encoded(1, n) for n in range(5) for kind in ("wav", "x")}
    path = _tar(tmp_path / "train-0.tar", {**members, "4.txt": b"a"})
    size = sum(512 + -(-len(content) // 512) * 512 for content in members.values())
    path.write_bytes(path.read_bytes()[: int(size * share)])
    with pytest.raises(InputError, match="not a whole"):
        list(tar_samples.tar_samples(path))


def test_a_window_ends_where_it_should(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(range(100)))
    with open_window(tmp_path / "a", Window(10, 20)) as file:
        assert file.read() == bytes(range(10, 30))
        assert file.seek(0, 2) == 20
        assert file.read() == b""
        file.seek(5)
        assert file.read(3) == bytes([15, 16, 17])


def test_a_window_beyond_its_file_is_a_fault_of_the_audio(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(_encoded(1, 0))
    with pytest.raises(AudioError, match="is said to have 99999 from 10 on"):
        audio_info(tmp_path / "a.tar", Window(10, 99999))


def test_shards_that_are_there_are_not_written_over(tmp_path: Path, rows) -> None:
    write_shards(Index.of(rows), tmp_path / "out", "train", shard_bytes=10**9)
    with pytest.raises(InputError, match="is there already"):
        write_shards(Index.of(rows), tmp_path / "out", "train", shard_bytes=10**9)


def test_an_interrupted_writer_leaves_no_shards(tmp_path: Path, rows, monkeypatch) -> None:
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("asr.data.sharding.write_index", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_shards(Index.of(rows), tmp_path / "out", "train", shard_bytes=10**9)
    assert not list((tmp_path / "out").iterdir())


def test_the_command_writes_what_the_corpus_reads(tmp_path: Path, rows, capsys) -> None:
    lines = [json.dumps({"audio_filepath": str(u.path), "text": u.text}) for u in rows[:5]]
    lines += [json.dumps({"audio_filepath": "nowhere.wav", "text": "x"})]
    (tmp_path / "all.jsonl").write_text("\n".join(lines))
    out = tmp_path / "out"

    status = main(["shard", str(out), "--manifest", str(tmp_path / "all.jsonl"), "--name", "val"])

    told = capsys.readouterr().out
    assert status == 0
    assert "5 utterances" in told
    assert "in 1 shards, 1 left out" in told
    assert "all.jsonl:6: No such file" in told
    assert len(open_index(Shards(str(out)), "val")) == 5
