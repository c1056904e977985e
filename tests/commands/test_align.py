import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.cli import main
from tests.tone_models import row, spoken, write_manifest

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*argv: object) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            status: Any = main([str(argument) for argument in argv])
        except SystemExit as end:
            status = end.code
        return (status, *capsys.readouterr())

    return command


def test_each_format_tells_the_same_words(
    run: Run, bundle: Path, tones: Path, tmp_path: Path
) -> None:
    utterance = spoken(tones)[0]
    (tmp_path / "said.txt").write_text(utterance.text + "\n", encoding="utf-8")

    def told(form: str) -> str:
        status, out, _ = run("align", bundle, utterance.path, utterance.text, "--format", form)
        assert status == 0
        return out

    words = json.loads(told("json"))["words"]
    assert [word["word"] for word in words] == utterance.text.split()
    rows = [line.split() for line in told("ctm").splitlines()]
    assert [[name, channel, text] for name, channel, _, _, text, _ in rows] == [
        [utterance.path.stem, "1", word["word"]] for word in words
    ]
    for word, (_, _, begin, seconds, _, confidence) in zip(words, rows, strict=True):
        assert float(begin) == word["begin"]
        assert float(begin) + float(seconds) == pytest.approx(word["end"], abs=0.0011)
        assert float(confidence) == word["confidence"]
    for word in words:
        assert f"xmin = {word['begin']:.3f}" in told("TextGrid")
        assert f'text = "{word["word"]}"' in told("TextGrid")
    assert " ".join(told("srt").splitlines()[2::4]) == utterance.text
    file = ["--output", tmp_path / "o.json", "--format", "json"]
    assert run("align", bundle, utterance.path, tmp_path / "said.txt", *file)[:2] == (0, "")
    assert json.loads((tmp_path / "o.json").read_text("utf-8"))["words"] == words


def test_a_folder_and_a_manifest_give_a_file_for_each_recording(
    run: Run, bundle: Path, tones: Path, tmp_path: Path
) -> None:
    utterances = spoken(tones)[:3]
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for utterance in utterances:
        copy = tmp_path / "in" / "deep" / utterance.path.name
        shutil.copy(utterance.path, copy)
        copy.with_suffix(".txt").write_text(utterance.text, encoding="utf-8")
    rows = [{**row(u), "split": "test"} for u in utterances]
    rows += [{**rows[0], "id": "other", "split": "dev"}, {**rows[0], "id": "bad", "text": "xyz"}]
    manifest = write_manifest(tmp_path / "m.jsonl", rows)
    whole = ["--format", "json", "--output"]

    folder = run("align", bundle, tmp_path / "in", *whole, tmp_path / "a")
    listed = run("align", bundle, "--manifest", manifest, "--split", "test", *whole, tmp_path / "b")

    words = sum(len(u.text.split()) for u in utterances)
    assert folder[:2] == (0, f"written to {tmp_path / 'a'}: 3 recordings, {words} words\n")
    assert listed[0] == 2
    assert listed[2].startswith(f"error: {manifest}:5: the model does not know 'x'")
    assert {file.name for file in (tmp_path / "b").iterdir()} == {
        f"{u.id}.json" for u in utterances
    }
    for utterance in utterances:
        one = tmp_path / "a" / "deep" / f"{utterance.path.stem}.json"
        two = tmp_path / "b" / f"{utterance.id}.json"
        first, second = (json.loads(file.read_text("utf-8")) for file in (one, two))
        assert first["words"] == second["words"]
        assert first["name"] == f"deep/{utterance.path.stem}"


@pytest.mark.parametrize("name", ["../out", "/out", "a/../../out", "."])
def test_no_name_leads_out_of_the_folder(
    run: Run, bundle: Path, tones: Path, tmp_path: Path, name: str
) -> None:
    rows = [{**row(spoken(tones)[0]), "id": name}]
    manifest = write_manifest(tmp_path / "m.jsonl", rows)
    before = sorted(tmp_path.rglob("*"))

    status, _, error = run("align", bundle, "--manifest", manifest, "--output", tmp_path / "o")

    inside = [path for path in tmp_path.rglob("*") if path not in before]
    assert all(path.is_relative_to(tmp_path / "o") for path in inside)
    assert (status, error.count("\n")) == ((0, 0) if name == "/out" else (2, 1))


def test_of_two_recordings_of_one_name_the_second_is_refused(
    run: Run, bundle: Path, tones: Path, tmp_path: Path
) -> None:
    first, second = (row(u) for u in spoken(tones)[:2])
    rows = [{**first, "id": "same.wav"}, {**second, "id": "same"}, {**second, "id": "other"}]
    manifest = write_manifest(tmp_path / "m.jsonl", rows)

    status, _, error = run("align", bundle, "--manifest", manifest, "--output", tmp_path / "o")

    assert status == 2
    assert "'same' is the name of two recordings" in error
    assert error.count("\n") == 1
    assert sorted(file.stem for file in (tmp_path / "o").iterdir()) == ["other", "same"]


def test_a_model_of_labels_cannot_align(run: Run, labeller: Path, tones: Path) -> None:
    status, _, error = run("align", labeller, spoken(tones)[0].path, "a")

    assert (status, error) == (
        2, "error: aligning needs a model that transcribes, this one gives labels\n"
    )  # fmt: skip
