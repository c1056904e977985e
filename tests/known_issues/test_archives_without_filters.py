"""Python before 3.10.12 and 3.11.4 has no extraction filters: downloads ended in AttributeError."""

import io
import tarfile
from pathlib import Path

import pytest

from asr.data.corpora.on_disk import fetch
from asr.errors import InputError


@pytest.fixture(autouse=True)
def no_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    if hasattr(tarfile, "data_filter"):
        trusted = staticmethod(tarfile.fully_trusted_filter)
        monkeypatch.setattr(tarfile.TarFile, "extraction_filter", trusted)
        monkeypatch.delattr(tarfile, "data_filter")


def _fetch(tmp_path: Path, *members: tuple[str, bytes]) -> Path:
    def download(partial: Path) -> None:
        with tarfile.open(partial / "c.tar.gz", "w:gz") as archive:
            for name, kind in members:
                member = tarfile.TarInfo(name)
                member.type, member.linkname = kind, "../.."
                member.size = 4 if member.isreg() else 0
                archive.addfile(member, io.BytesIO(b"text"))
        with tarfile.open(partial / "c.tar.gz") as archive:
            for member in archive:  # as torchaudio does
                archive.extract(member, partial)

    fetch(tmp_path / "data", "corpus", "the web", download, allowed=True)
    return tmp_path / "data" / "corpus"


def test_an_archive_is_unpacked(tmp_path: Path) -> None:
    before = tarfile.TarFile.extract
    corpus = _fetch(tmp_path, ("corpus", tarfile.DIRTYPE), ("corpus/a", tarfile.REGTYPE))
    assert (corpus / "a").read_text() == "text"
    assert tarfile.TarFile.extract is before


@pytest.mark.parametrize(
    "members",
    [
        [("../../outside", tarfile.REGTYPE)],
        [("corpus/link", tarfile.SYMTYPE), ("corpus/link/outside", tarfile.REGTYPE)],
        [("corpus/fifo", tarfile.FIFOTYPE)],
    ],
    ids=["parent", "symlink", "fifo"],
)
def test_what_leads_outside_is_refused(tmp_path: Path, members: list[tuple[str, bytes]]) -> None:
    with pytest.raises(InputError, match=r"neither a file nor|outside of its folder"):
        _fetch(tmp_path, ("corpus/good", tarfile.REGTYPE), *members)
    assert not list(tmp_path.rglob("outside"))
    assert not (tmp_path / "data" / "corpus").exists()
