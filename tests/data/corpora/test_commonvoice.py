from collections.abc import Callable
from pathlib import Path

import pytest
from torchaudio.datasets import COMMONVOICE

from asr.data.utterance import Corpus
from asr.errors import InputError

Build = Callable[[str], Corpus]


def test_sentences_are_as_in_the_table(build: Build) -> None:
    utterances = list(build("commonvoice").utterances("val"))
    assert [utterance.text for utterance in utterances] == [
        "Plain.",
        '"I never closed this quote.',
        "Ends here\u2028after all.",
    ]


def test_what_is_known_about_a_speaker_is_kept_and_what_is_empty_is_not(
    build: Build, tmp_path: Path
) -> None:
    first = next(iter(build("commonvoice").utterances("val")))
    assert first.speaker == "speaker1"
    assert first.extras == {"gender": "female"}
    assert first.line == f"{tmp_path / 'dev.tsv'}:2"


def test_a_regular_table_is_listed_as_torchaudio_lists_it(build: Build, tmp_path: Path) -> None:
    corpus = build("commonvoice")
    table = tmp_path / "train.tsv"
    table.write_text(table.read_text(encoding="utf-8").replace('"', ""), encoding="utf-8")

    assert len(list(corpus.utterances("train"))) == len(COMMONVOICE(tmp_path))


def test_a_quotation_mark_swallows_no_rows_as_it_does_in_torchaudio(
    build: Build, tmp_path: Path
) -> None:
    corpus = build("commonvoice")
    assert len(COMMONVOICE(tmp_path)) == 2
    assert len(list(corpus.utterances("train"))) == 3


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"client_id\tpath\n", r"train\.tsv:1: no column 'sentence'"),
        (b"", r"train\.tsv:1: no column 'client_id'"),
        (b"client_id\tpath\tsentence\na\tb.mp3\n", r"train\.tsv:2: 2 cells under 3 columns"),
        (b"client_id\tpath\tsentence\na\tb.mp3\t\xff\n", r"train\.tsv: not UTF-8"),
    ],
)
def test_a_damaged_table_is_named(content: bytes, fault: str, build: Build, tmp_path: Path) -> None:
    corpus = build("commonvoice")
    (tmp_path / "train.tsv").write_bytes(content)
    with pytest.raises(InputError, match=fault):
        list(corpus.utterances("train"))


def test_a_missing_table_is_named(build: Build, tmp_path: Path) -> None:
    corpus = build("commonvoice")
    (tmp_path / "test.tsv").unlink()
    with pytest.raises(InputError, match=r"test\.tsv: no such table"):
        list(corpus.utterances("test"))
