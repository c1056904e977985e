import itertools
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torchaudio.datasets.yesno
from torchaudio.datasets import YESNO

from asr.data.corpora.yesno import YesNo
from asr.data.utterance import Corpus
from asr.errors import InputError

Build = Callable[[str], Corpus]


def test_the_first_thirty_train_and_the_last_thirty_test(build: Build, tmp_path: Path) -> None:
    corpus = build("yesno")
    names = sorted(path.stem for path in (tmp_path / "waves_yesno").iterdir())

    assert [utterance.id for utterance in corpus.utterances("train")] == names[:30]
    assert [utterance.id for utterance in corpus.utterances("test")] == names[30:]
    assert len(YESNO(tmp_path)) == 60


def test_the_name_is_the_transcript(build: Build) -> None:
    texts = {utterance.id: utterance.text for utterance in build("yesno").utterances("test")}
    assert texts["0_0_1_1_1_0_0_1"] == "no no yes yes yes no no yes"


def test_without_a_validation_share_the_training_recordings_are_validated_on(build: Build) -> None:
    corpus = build("yesno")
    assert list(corpus.utterances("val")) == list(corpus.utterances("train"))


@pytest.mark.parametrize("validation", [1, 6, 29])
def test_validation_recordings_are_taken_from_the_first_thirty_and_spread(
    validation: int, build: Build, tmp_path: Path
) -> None:
    build("yesno")
    corpus = YesNo(str(tmp_path), validation=validation)
    train = [utterance.id for utterance in corpus.utterances("train")]
    val = [utterance.id for utterance in corpus.utterances("val")]
    places = [sorted(train + val).index(name) for name in val]

    assert (len(train), len(val)) == (30 - validation, validation)
    assert not set(train) & set(val)
    assert len(list(corpus.utterances("test"))) == 30
    gaps = [after - before for before, after in itertools.pairwise(places)]
    assert not gaps or max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize("validation", [-1, 30])
def test_a_validation_share_that_leaves_no_training_is_refused(validation: int) -> None:
    with pytest.raises(InputError, match="give 0 to 29"):
        YesNo("anywhere", validation=validation)


def test_preparing_downloads_and_unpacks_what_is_missing(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build("yesno")

    def download(url: str, path: Path, hash_prefix: str) -> None:
        with tarfile.open(path, "w:gz") as archive:
            archive.add(tmp_path / "waves_yesno", "waves_yesno")

    monkeypatch.setattr(torchaudio.datasets.yesno, "download_url_to_file", download)
    corpus = YesNo(str(tmp_path / "fresh"))
    corpus.prepare()

    assert len(list(corpus.utterances("train"))) == 30
    assert [path.name for path in (tmp_path / "fresh").iterdir()] == ["waves_yesno"]
