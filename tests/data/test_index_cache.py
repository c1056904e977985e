import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.data import index_cache
from asr.data.corpora.manifest import Manifest
from asr.data.index import Index
from asr.data.index_cache import cache_folder, open_index
from asr.data.utterance import Split, Utterance
from asr.errors import InputError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "index"


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The indexes that are built while a test runs."""
    built: list[Path] = []
    write = index_cache.write_index

    def noted(path: Path, *arguments, **more) -> None:
        built.append(path)
        write(path, *arguments, **more)

    monkeypatch.setattr(index_cache, "write_index", noted)
    return built


def _wav(path: Path, seconds: float = 1.0) -> None:
    soundfile.write(path, np.zeros(round(seconds * 8000), dtype=np.float32), 8000)


def _manifest(folder: Path, texts: str) -> Manifest:
    for name in texts:
        if not (folder / f"{name}.wav").exists():
            _wav(folder / f"{name}.wav")
    rows = [{"audio_filepath": f"{name}.wav", "text": name} for name in texts]
    path = folder / "train.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Manifest(train=str(path))


def _ids(index: Index) -> list[str]:
    return [utterance.id for utterance in index]


def test_an_index_is_built_once_and_is_the_same_when_it_is_used_again(tmp_path, builds) -> None:
    corpus = _manifest(tmp_path, "abc")
    (tmp_path / "b.wav").unlink()
    first, again = open_index(corpus, "train"), open_index(corpus, "train")
    assert len(builds) == 1
    assert (len(again), len(again.skipped)) == (2, 1)
    assert list(first) == list(again)
    assert list(first.skipped) == list(again.skipped)
    assert first.fingerprint == again.fingerprint
    assert list(first) == list(Index.of(corpus.utterances("train")))


@pytest.mark.parametrize("texts", ["abe", "ab", "abcd", "xyz"])
def test_a_changed_manifest_is_read_again(tmp_path: Path, builds: list[Path], texts: str) -> None:
    open_index(_manifest(tmp_path, "abc"), "train")
    index = open_index(_manifest(tmp_path, texts), "train")
    assert [utterance.text for utterance in index] == list(texts)
    assert len(builds) == 2


def test_another_choice_of_durations_is_another_index(tmp_path: Path, builds: list[Path]) -> None:
    corpus = _manifest(tmp_path, "abc")
    assert [len(open_index(corpus, "train", 0, longest)) for longest in (9, 0.5, 9)] == [3, 0, 3]
    assert len(builds) == 2


def test_arguments_that_choose_other_rows_are_another_index(tmp_path: Path) -> None:
    _manifest(tmp_path, "ab")
    path = tmp_path / "all.jsonl"
    rows = [{"audio_filepath": f"{name}.wav", "text": name, "fold": name} for name in "ab"]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = [
        _ids(open_index(Manifest(path=str(path), column="fold", splits={"train": [fold]}), "train"))
        for fold in "ab"
    ]
    assert found == [["a.wav"], ["b.wav"]]


def test_audio_that_was_replaced_is_measured_again(tmp_path: Path) -> None:
    corpus = _manifest(tmp_path, "abc")
    assert open_index(corpus, "train").seconds.tolist() == [1, 1, 1]
    _wav(tmp_path / "b.wav", 2)
    assert open_index(corpus, "train").seconds.tolist() == [1, 2, 1]


def test_audio_that_was_missing_and_is_there_now_is_used(tmp_path: Path) -> None:
    corpus = _manifest(tmp_path, "abc")
    (tmp_path / "b.wav").unlink()
    index = open_index(corpus, "train")
    assert (_ids(index), [item.id for item in index.skipped]) == (["a.wav", "c.wav"], ["b.wav"])
    _wav(tmp_path / "b.wav")
    assert _ids(open_index(corpus, "train")) == ["a.wav", "b.wav", "c.wav"]


class _Interrupted(Manifest):
    def utterances(self, split: Split) -> Iterator[Utterance]:
        yield from super().utterances(split)
        raise KeyboardInterrupt


def test_a_build_that_is_interrupted_leaves_nothing(tmp_path: Path, cache: Path) -> None:
    _manifest(tmp_path, "abc")
    with pytest.raises(KeyboardInterrupt):
        open_index(_Interrupted(train=str(tmp_path / "train.jsonl")), "train")
    assert [path.suffix for path in cache.iterdir()] == [".lock"]


@pytest.mark.parametrize("left", [".partial", ".arrow"])
@pytest.mark.parametrize("size", [0, 100, -1])
def test_half_a_file_is_never_taken_for_a_whole(tmp_path: Path, cache, left: str, size: int):
    corpus = _manifest(tmp_path, "abc")
    open_index(corpus, "train")
    [whole] = cache.glob("*.arrow")
    content = whole.read_bytes()
    whole.unlink()
    whole.with_suffix(left).write_bytes(content[:size])

    assert _ids(open_index(corpus, "train")) == ["a.wav", "b.wav", "c.wav"]
    assert whole.read_bytes() == content
    assert not list(cache.glob("*.partial"))


def test_of_those_who_want_the_same_index_at_once_one_builds_it(tmp_path, builds) -> None:
    corpus = _manifest(tmp_path, "abc")
    found: list[Index] = []
    threads = [
        threading.Thread(target=lambda: found.append(open_index(corpus, "train"))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [_ids(index) for index in found] == [["a.wav", "b.wav", "c.wav"]] * 6
    assert len(builds) == 1


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_where_nothing_can_be_kept_the_index_is_a_temporary_one(tmp_path: Path, monkeypatch):
    (tmp_path / "mine").mkdir(mode=0o500)
    monkeypatch.setenv("ASR_CACHE", str(tmp_path / "mine" / "cache"))
    assert cache_folder() is None
    assert len(open_index(_manifest(tmp_path, "abc"), "train")) == 3


def test_a_cache_that_is_no_folder_does_not_stop_a_run(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ASR_CACHE", str(tmp_path / "file"))
    assert cache_folder() is None
    assert len(open_index(_manifest(tmp_path, "abc"), "train")) == 3


def test_the_cache_is_where_the_system_keeps_such_files(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("ASR_CACHE")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "asr" / "index"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder() == tmp_path / "home" / ".cache" / "asr" / "index"


class _Silent:
    """A corpus that does not say whether it has changed."""

    def __init__(self, rows: list[Utterance]) -> None:
        self.rows = rows

    def prepare(self) -> None: ...

    def utterances(self, split: Split) -> list[Utterance]:
        return self.rows


def test_a_corpus_that_cannot_say_whether_it_has_changed_is_read_each_time(tmp_path, cache) -> None:
    _wav(tmp_path / "a.wav")
    corpus = _Silent([Utterance("a", tmp_path / "a.wav")])
    assert len(open_index(corpus, "train")) == 1
    corpus.rows.append(Utterance("b", tmp_path / "a.wav"))
    assert len(open_index(corpus, "train")) == 2
    assert not cache.exists() or not list(cache.iterdir())


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_):
        raise OSError(28, "No space left on device")

    corpus = _manifest(tmp_path, "abc")
    monkeypatch.setattr("asr.data.index_file.IndexWriter._flush", full)
    with pytest.raises(InputError, match=r"No space left.*ASR_CACHE") as caught:
        open_index(corpus, "train")
    assert "\n" not in str(caught.value)
