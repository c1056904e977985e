from collections.abc import Callable
from pathlib import Path

from torchaudio.datasets import GTZAN

from asr.data.utterance import Corpus, Split

Build = Callable[[str], Corpus]


def test_the_label_is_the_genre(build: Build) -> None:
    utterances = list(build("gtzan").utterances("test"))
    assert len({utterance.label for utterance in utterances}) == 10
    assert all(utterance.label == utterance.path.parent.name for utterance in utterances)


def test_the_splits_are_the_filtered_lists(build: Build, tmp_path: Path) -> None:
    corpus = build("gtzan")
    subsets: dict[Split, str] = {"train": "training", "val": "validation", "test": "testing"}
    for split, subset in subsets.items():
        assert len(list(corpus.utterances(split))) == len(GTZAN(tmp_path, subset=subset))
