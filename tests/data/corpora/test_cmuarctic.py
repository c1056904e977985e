from collections.abc import Callable
from pathlib import Path

import pytest
import torchaudio.datasets.cmuarctic
from torchaudio.datasets import CMUARCTIC

from asr.data.corpora.cmuarctic import CMUArctic
from asr.data.utterance import Corpus
from asr.errors import InputError

Build = Callable[[str], Corpus]


def test_each_speaker_gives_all_sentences(build: Build, tmp_path: Path) -> None:
    first, second = build("cmuarctic").utterances("test")
    assert (first.id, second.id) == ("slt-arctic_a0001", "slt-arctic_a0002")
    assert second.text == "Author of the trail, Philip, number 2."
    assert second.speaker == "slt"
    assert len(CMUARCTIC(tmp_path, url="slt")) == 2


def test_a_speaker_in_two_splits_is_refused() -> None:
    with pytest.raises(InputError, match="'bdl'"):
        CMUArctic("anywhere", train=["bdl"], val=["bdl"], test=["slt"])


def test_every_archive_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checksums: list[str | None] = []

    def download(url: str, path: str, hash_prefix: str | None) -> None:
        checksums.append(hash_prefix)
        raise OSError("no network")

    monkeypatch.setattr(torchaudio.datasets.cmuarctic, "download_url_to_file", download)
    with pytest.raises(InputError, match="no network"):
        CMUArctic(str(tmp_path)).prepare()

    assert checksums
    assert None not in checksums
