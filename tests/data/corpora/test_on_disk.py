from pathlib import Path

import pytest

from asr.data.corpora.on_disk import fetch, need
from asr.errors import InputError


def test_a_folder_that_is_missing_is_named_with_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone: no such folder; .*https://example\.org"):
        need(tmp_path / "gone", "https://example.org")


def test_what_is_downloaded_ends_in_its_place_and_nothing_else_stays(tmp_path: Path) -> None:
    def download(root: Path) -> None:
        (root / "archive.tar").write_text("packed")
        (root / "part" / "one").mkdir(parents=True)

    fetch(tmp_path / "root", "part/one", "there", download, allowed=True)

    assert [path.name for path in (tmp_path / "root").rglob("*")] == ["part", "one"]


def test_a_second_call_downloads_nothing(tmp_path: Path) -> None:
    calls: list[Path] = []

    def download(root: Path) -> None:
        calls.append(root)
        (root / "part").mkdir()

    fetch(tmp_path, "part", "there", download, allowed=True)
    fetch(tmp_path, "part", "there", download, allowed=True)

    assert len(calls) == 1


def test_a_download_that_was_cut_short_is_no_corpus_and_is_unpacked_anew(tmp_path: Path) -> None:
    def killed(root: Path) -> None:
        (root / "archive.tar").write_text("packed")
        (root / "part").mkdir()
        (root / "part" / "half").touch()
        raise KeyboardInterrupt

    def download(root: Path) -> None:
        assert (root / "archive.tar").exists()
        (root / "part").mkdir()  # fails if the half is still there
        (root / "part" / "whole").touch()

    with pytest.raises(KeyboardInterrupt):
        fetch(tmp_path, "part", "there", killed, allowed=True)
    assert not (tmp_path / "part").exists()

    fetch(tmp_path, "part", "there", download, allowed=True)
    assert [path.name for path in (tmp_path / "part").iterdir()] == ["whole"]


def test_a_download_that_fails_is_one_line(tmp_path: Path) -> None:
    def download(root: Path) -> None:
        raise RuntimeError("invalid hash value\n(expected this)")

    with pytest.raises(InputError, match="RuntimeError: invalid hash value") as caught:
        fetch(tmp_path, "part", "https://example.org", download, allowed=True)
    assert "\n" not in str(caught.value)
    assert "https://example.org" in str(caught.value)


def test_nothing_is_downloaded_where_that_is_not_allowed(tmp_path: Path) -> None:
    def download(root: Path) -> None:
        raise AssertionError

    with pytest.raises(InputError, match="no such folder"):
        fetch(tmp_path / "root", "part", "there", download, allowed=False)
    assert not (tmp_path / "root").exists()
