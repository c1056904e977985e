"""Small corpora as they are published, and the experiments that read them."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from asr.compose import compose
from asr.config import build
from asr.errors import InputError
from scripts.make_manifest import an4, esc10, fsdd, write


def _clip(path: Path, seconds: float = 0.5) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = {"format": "NIST"} if path.suffix == ".sph" else {}
    soundfile.write(path, np.zeros(int(8000 * seconds), np.int16), 8000, **kind)


@pytest.fixture
def an4_folder(tmp_path: Path) -> Path:
    etc = tmp_path / "etc"
    etc.mkdir()
    for split, clips in {
        "train": {"an4_clstk/fash/an1-fash-b": "YES", "an4_clstk/mtcv/cen1-mtcv-b": "R U B"},
        "test": {"an4test_clstk/fcaw/an2-fcaw-b": "SEVEN TWO"},
    }.items():
        for path in clips:
            _clip(tmp_path / "wav" / f"{path}.sph")
        (etc / f"an4_{split}.fileids").write_text("".join(f"{path}\n" for path in clips))
        lines = [f"<s> {text} </s> ({Path(path).name})\n" for path, text in clips.items()]
        (etc / f"an4_{split}.transcription").write_text("".join(lines))
    return tmp_path


def _utterances(experiment: str, folder: Path, split: str) -> list[tuple[str, str]]:
    config = compose([f"experiment={experiment}", f"corpus.path={folder}/manifest.jsonl"])
    found = build(config["corpus"], "corpus").utterances(split)
    return [(utterance.text or utterance.label, utterance.speaker) for utterance in found]


def test_an4_has_eight_speakers_apart(an4_folder: Path) -> None:
    write(an4, an4_folder)
    rows = [json.loads(line) for line in (an4_folder / "manifest.jsonl").read_text().splitlines()]
    assert [(row["text"], row["split"]) for row in rows] == [
        ("yes", "train"), ("r u b", "dev"), ("seven two", "test"),
    ]  # fmt: skip
    assert rows[0]["duration"] == 0.5
    assert _utterances("an4", an4_folder, "train") == [("yes", "fash")]
    assert _utterances("an4", an4_folder, "test") == [("r u b", "mtcv")]


def test_a_transcript_of_no_file_is_told_by_its_line(an4_folder: Path) -> None:
    (an4_folder / "etc" / "an4_train.fileids").write_text("an4_clstk/fash/an1-fash-b\n")
    with pytest.raises(InputError, match=r"an4_train\.transcription:2: "):
        write(an4, an4_folder)
    assert not (an4_folder / "manifest.jsonl").exists()


def test_spoken_digits_tell_digit_and_speaker_by_name(tmp_path: Path) -> None:
    for name in ("7_theo_0", "7_theo_5", "0_lucas_49"):
        _clip(tmp_path / "recordings" / f"{name}.wav")
    write(fsdd, tmp_path)
    assert _utterances("fsdd", tmp_path, "train") == [("zero", "lucas")]
    assert _utterances("fsdd", tmp_path, "test") == [("seven", "theo"), ("seven", "theo")]


def test_esc10_is_a_part_of_esc50(tmp_path: Path) -> None:
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "esc50.csv").write_text(
        "filename,fold,target,category,esc10,src_file,take\n"
        "1-a.wav,1,10,rain,True,1,A\n2-b.wav,2,0,dog,True,2,A\n3-c.wav,3,5,cat,False,3,A\n"
    )
    for name in ("1-a", "2-b", "3-c"):
        _clip(tmp_path / "audio" / f"{name}.wav")
    write(esc10, tmp_path)
    assert [label for label, _ in _utterances("esc10", tmp_path, "test")] == ["rain"]
    assert [label for label, _ in _utterances("esc10", tmp_path, "train")] == ["dog"]


def test_what_is_not_as_published_is_told(tmp_path: Path) -> None:
    _clip(tmp_path / "recordings" / "seven_theo.wav")
    with pytest.raises(InputError, match=r"seven_theo\.wav: is not named DIGIT_SPEAKER_TAKE"):
        write(fsdd, tmp_path)
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "esc50.csv").write_text("filename,fold\n")
    with pytest.raises(InputError, match="is not the table of ESC-50"):
        write(esc10, tmp_path)


def test_nothing_is_replaced_and_nothing_made_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no recordings"):
        write(fsdd, tmp_path)
    (tmp_path / "manifest.jsonl").write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        write(fsdd, tmp_path)
    assert (tmp_path / "manifest.jsonl").read_text() == "mine"
