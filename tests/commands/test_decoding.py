"""Decoding with a language model, from the arguments to what is printed and written."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr.cli import main
from tests.tone_models import read_lines, spoken

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*argv: object) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            status = main([str(argument) for argument in argv])
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0
        return (status, *capsys.readouterr())

    return command


@pytest.fixture(scope="session")
def lm(tones: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bigrams of the words that the tones of the test split stand for."""
    folder = tmp_path_factory.mktemp("lm")
    (folder / "text").write_text("".join(u.text.lower() + "\n" for u in spoken(tones)))
    main(["lm", "train", f"{folder}/text", "--order", "2", "--output", f"{folder}/m.arpa"])
    return folder / "m.arpa"


def _hypotheses(folder: Path) -> list[str]:
    return [row["hypothesis"] for row in read_lines(folder / "utterances.jsonl")]


def test_a_language_model_is_used_and_told(
    run: Run, bundle: Path, manifest: Path, lm: Path, tmp_path: Path
) -> None:
    words = {w for line in lm.with_name("text").read_text().splitlines() for w in line.split()}
    common = ["evaluate", bundle, "--manifest", manifest, "--output"]
    for name, options in {
        "lm": [], "python": ["--search", "python"], "processes": ["--processes", 2],
        "bonus": ["--word-bonus", -90],
    }.items():  # fmt: skip
        status, *_ = run(*common, tmp_path / name, "--lm", lm, "--beam", 20, *options)
        assert status == 0

    told = json.loads((tmp_path / "lm" / "summary.json").read_text())["decoding"]
    assert (told["lm"], told["width"], told["lm_weight"]) == (str(lm), 20, 0.5)
    heard = _hypotheses(tmp_path / "lm")
    assert {word for text in heard for word in text.split()} <= words
    assert heard == _hypotheses(tmp_path / "python") == _hypotheses(tmp_path / "processes")
    assert set(_hypotheses(tmp_path / "bonus")) == {""}


def test_the_best_transcripts_are_told_with_times_and_confidences(
    run: Run, bundle: Path, tones: Path, lm: Path
) -> None:
    file = spoken(tones)[0].path
    for options in (["--lm", lm], []):
        status, printed, _ = run(
            "transcribe", bundle, file, "--format", "json", "--n-best", 3, *options
        )
        [found] = json.loads(printed)
        [piece] = found["alternatives"]
        scores = [each["score"] for each in piece["transcripts"]]
        assert status == 0
        assert 2 <= len(scores) <= 3
        assert scores == sorted(scores, reverse=True)
        assert piece["transcripts"][0]["text"] == found["text"]
        assert [word["word"] for word in found["words"]] == found["text"].split()
        assert all(0 <= word["confidence"] <= 1 for word in found["words"])
        assert all(word["begin"] < word["end"] <= found["seconds"] + 0.1 for word in found["words"])


def test_hot_words_are_heard_more_readily(
    run: Run, bundle: Path, tones: Path, lm: Path, tmp_path: Path
) -> None:
    (tmp_path / "hot").write_text("abc\t40\n")
    file = spoken(tones)[0].path
    assert "abc" not in run("transcribe", bundle, file, "--lm", lm)[1]
    status, printed, _ = run(
        "transcribe", bundle, file, "--lm", lm, "--hot-words", tmp_path / "hot"
    )
    assert status == 0
    assert "abc" in printed


def test_what_tune_finds_is_what_evaluate_uses(
    run: Run, bundle: Path, manifest: Path, lm: Path, tmp_path: Path
) -> None:
    pytest.importorskip("optuna")
    data = ["--manifest", manifest]
    tuned, again = tmp_path / "tuned.json", tmp_path / "again.json"
    for output in (tuned, again):
        status, printed, _ = run(
            "tune", bundle, *data, "--lm", lm, "--trials", 4, "--output", output
        )
        assert status == 0
    found = json.loads(tuned.read_text())
    assert found == json.loads(again.read_text())
    assert found["wer"] == min(trial["wer"] for trial in found["trials"])
    assert len(found["trials"]) == 4
    assert f"--lm-weight {found['decoding']['lm_weight']:.3f}".rstrip("0") in printed

    run("evaluate", bundle, *data, "--decoding", tuned, "--output", tmp_path / "o")
    summary: dict[str, Any] = json.loads((tmp_path / "o" / "summary.json").read_text())
    assert summary["wer"] == pytest.approx(found["wer"])
    assert summary["decoding"]["lm_weight"] == found["decoding"]["lm_weight"]
    assert Path(summary["decoding"]["lm"]).samefile(lm)


def test_tuning_needs_optuna(
    run: Run, bundle: Path, manifest: Path, lm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    status, _, errors = run("tune", bundle, "--manifest", manifest, "--lm", lm)
    assert (status, errors.count("\n")) == (2, 1)
    assert ".[sweep]" in errors


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--lm-weight", "1"], "give --lm FILE"),
        (["--hot-words", "x"], "give --lm or --lexicon"),
        (["--word-bonus", "1"], "give --lm or --lexicon"),
        (["--search", "python"], "give --lm or --lexicon"),
        (["--lm", "nowhere"], "nowhere: cannot be read"),
        (["--lm-weight", "nan"], "must be 0 to 100"),
        (["--decoding", "nowhere"], "nowhere: cannot be read"),
        (["--n-best", "2"], "give --format json"),
        (["--beam", "20000"], "width must be at most 10000"),
        (["--beam", "20000", "--lm", "x"], "width must be at most 10000"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    run: Run, bundle: Path, options: list[str], told: str
) -> None:
    status, _, errors = run("transcribe", bundle, "a.wav", *options)
    assert status == 2
    assert told in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    "text",
    ["{}", "[]", "no", '{"decoding": {"lm": 3}}', '{"decoding": {"lm": "x", "width": "1"}}',
     '{"decoding": {"lm": "x\\u0000"}}', '{"decoding": {"lm": "x", "beam": 1}}',
     '{"decoding": {"lm": "x", "width": true}}'],
)  # fmt: skip
def test_a_file_of_other_settings_is_refused(
    run: Run, bundle: Path, text: str, tmp_path: Path
) -> None:
    (tmp_path / "d.json").write_text(text)
    status, _, errors = run("transcribe", bundle, "a.wav", "--decoding", tmp_path / "d.json")
    assert (status, errors.count("\n")) == (2, 1)
    assert "holds no settings" in errors


@pytest.mark.parametrize(
    "setting",
    ['"width": 0', '"width": 3000000000', '"lm_weight": NaN', '"word_bonus": Infinity',
     '"threshold": NaN'],
)  # fmt: skip
def test_a_file_of_settings_out_of_range_is_one_line(
    run: Run, bundle: Path, setting: str, tmp_path: Path
) -> None:
    (tmp_path / "d.json").write_text(f'{{"decoding": {{"lm": "x", {setting}}}}}')
    status, _, errors = run("transcribe", bundle, "a.wav", "--decoding", tmp_path / "d.json")
    assert (status, errors.count("\n")) == (2, 1)
    assert setting.split('"')[1] in errors


def test_more_transcripts_may_be_asked_for_than_there_are(
    run: Run, bundle: Path, tmp_path: Path
) -> None:
    # Too many for a beam twice as wide; a file that is not there shows that it comes so far.
    options = ["--format", "json", "--n-best", 6000]
    status, printed, errors = run("transcribe", bundle, tmp_path / "no.wav", *options)
    assert (status, errors.count("\n")) == (2, 1)
    assert "no.wav" in errors
    assert "error" in json.loads(printed)[0]


def test_tune_refuses_a_folder_as_its_file_before_it_searches(
    run: Run, manifest: Path, lm: Path, tmp_path: Path
) -> None:
    data = ["--manifest", manifest, "--lm", lm, "--output", tmp_path]
    status, _, errors = run("tune", "nowhere", *data)
    assert (status, errors.count("\n")) == (2, 1)
    assert "is a folder; give a file" in errors


def test_labels_are_not_searched_for(run: Run, labeller: Path, lm: Path) -> None:
    status, _, errors = run("transcribe", labeller, "a.wav", "--lm", lm)
    assert status == 2
    assert "gives labels" in errors
