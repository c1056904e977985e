from collections.abc import Callable
from pathlib import Path

import pytest

from asr.data.corpora.folders import EXTENSIONS, Folders
from asr.data.utterance import Corpus, Split
from asr.errors import InputError

Build = Callable[[str], Corpus]
SPLITS: tuple[Split, ...] = ("train", "val", "test")


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_the_label_and_the_text_are_the_name_of_the_folder(build: Build) -> None:
    first = next(iter(build("folders").utterances("train")))
    assert (first.label, first.text) == ("cat", "cat")
    assert first.id == f"cat/{first.path.name}"


def test_every_recording_is_in_one_split(tmp_path: Path) -> None:
    names = [f"cat/{number}.wav" for number in range(50)]
    touch(tmp_path, *names)
    corpus = Folders(str(tmp_path), val=0.3, test=0.3)
    ids = [utterance.id for split in SPLITS for utterance in corpus.utterances(split)]
    assert sorted(ids) == sorted(names)


def test_the_split_of_a_recording_outlives_a_change_of_its_format(tmp_path: Path) -> None:
    touch(tmp_path, *(f"cat/{number}.wav" for number in range(50)))
    touch(tmp_path, *(f"cat/{number}.flac" for number in range(50)))
    corpus = Folders(str(tmp_path))
    for split in SPLITS:
        stems = [utterance.path.stem for utterance in corpus.utterances(split)]
        assert all(stems.count(stem) == 2 for stem in stems)


def test_folders_for_splits_are_followed_where_there_are_any(tmp_path: Path) -> None:
    touch(tmp_path, "train/cat/a.wav", "train/dog/b.wav", "val/cat/c.wav", "test/dog/d.wav")
    corpus = Folders(str(tmp_path))
    ids = {split: [utterance.id for utterance in corpus.utterances(split)] for split in SPLITS}
    assert ids == {
        "train": ["train/cat/a.wav", "train/dog/b.wav"],
        "val": ["val/cat/c.wav"],
        "test": ["test/dog/d.wav"],
    }


def test_a_split_without_its_folder_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "train/cat/a.wav")
    with pytest.raises(InputError, match="val: no such folder"):
        list(Folders(str(tmp_path)).utterances("val"))


def test_deeper_folders_belong_to_the_class_above(tmp_path: Path) -> None:
    touch(tmp_path, "train/cat/tom/a.wav")
    (only,) = Folders(str(tmp_path)).utterances("train")
    assert only.label == "cat"


def test_all_formats_are_found_and_other_files_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, *(f"train/cat/a{extension}" for extension in EXTENSIONS), "train/cat/B.WAV")
    touch(tmp_path, "train/cat/notes.txt", "train/cat/._a.wav", "train/.cache/a.wav", "train/c.wav")
    found = [utterance.path.name for utterance in Folders(str(tmp_path)).utterances("train")]
    assert sorted(found) == ["B.WAV", "a.flac", "a.mp3", "a.ogg", "a.opus", "a.wav"]


def test_files_that_lie_in_no_class_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav")
    with pytest.raises(InputError, match="one folder for each class"):
        list(Folders(str(tmp_path)).utterances("train"))


@pytest.mark.parametrize("pattern", ["ann", "(a)(b)", "("])
def test_a_speaker_pattern_needs_one_group(pattern: str) -> None:
    with pytest.raises(InputError, match="speaker="):
        Folders("anywhere", speaker=pattern)


def test_a_file_without_a_speaker_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "cat/nobody.wav")
    with pytest.raises(InputError, match=r"nobody\.wav: no speaker"):
        list(Folders(str(tmp_path), speaker="^([^_]+)_").utterances("train"))
