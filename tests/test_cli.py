"""The ``asr`` command, from its arguments to what it prints and writes."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from asr.bundle import load_model
from asr.cli import main
from asr.data.audio import read_audio
from asr.metrics.edits import character_edits, word_edits
from asr.padded import pad
from tests.tone_models import SIZES, SMALL, read_lines, row, spoken, write_manifest

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process; its status, what it printed, and its errors."""

    def command(*argv: object) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            status = main([str(argument) for argument in argv])
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 0
        return (status, *capsys.readouterr())

    return command


def subprocess_run(*argv: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "asr", *argv]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


def summary(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text("utf-8"))
    return found


# Evaluation


def test_evaluate_gives_what_a_loop_by_hand_gives(
    run: Run, bundle: Path, tones: Path, tmp_path: Path
) -> None:
    model, task, vocabulary, _ = load_model(bundle).recognizer
    # The model knows the tones too well: half of the references are made to differ.
    rows = [{**row(u), "text": u.text + " B" * (n % 2)} for n, u in enumerate(spoken(tones))]
    manifest = write_manifest(tmp_path / "m.jsonl", rows)
    words, characters = [], []
    for spoken_row in rows:
        waveform = read_audio(Path(spoken_row["audio_filepath"]), model.sample_rate)
        [said] = task.predict(model(pad([waveform])))
        reference = vocabulary.normalize(spoken_row["text"])
        words.append(word_edits(said, reference))
        characters.append(character_edits(said, reference))

    status, printed, _ = run("evaluate", bundle, "--manifest", manifest, "--output", tmp_path / "o")

    found = summary(tmp_path / "o")
    errors, length = sum(e.errors for e in words), sum(e.length for e in words)
    assert status == 0
    assert errors >= len(rows) // 2
    assert found["wer"] == found["test"]["wer"] == np.float32(errors / length)
    assert found["cer"] == np.float32(
        sum(e.errors for e in characters) / sum(e.length for e in characters)
    )
    assert found["substitutions"] == sum(e.substitutions for e in words)
    assert found["deletions"] == sum(e.deletions for e in words)
    assert found["insertions"] == sum(e.insertions for e in words)
    assert found["words"] == length
    assert f"{100 * errors / length:.2f} %" in printed


def test_utterances_stand_in_the_order_of_the_manifest_with_their_edits(
    run: Run, bundle: Path, manifest: Path, tones: Path, tmp_path: Path
) -> None:
    run("evaluate", bundle, "--manifest", manifest, "--output", tmp_path / "o")

    rows = read_lines(tmp_path / "o" / "utterances.jsonl")
    assert [r["id"] for r in rows] == [u.id for u in spoken(tones)]
    for found in rows:
        edits = word_edits(found["hypothesis"], found["reference"])
        assert (found["substitutions"], found["deletions"], found["insertions"]) == edits[:3]
        assert found["speaker"] == "tuning fork"
        assert found["seconds"] > 0


def test_batch_size_and_processes_change_nothing(
    run: Run, bundle: Path, manifest: Path, tmp_path: Path
) -> None:
    for name, options in {
        "1": ["--batch", 1],
        "16": ["--batch", 16],
        "2p": ["--batch", 5, "--processes", 2],
    }.items():
        status, *_ = run(
            "evaluate", bundle, "--manifest", manifest, "--output", tmp_path / name, *options
        )
        assert status == 0

    for name in ("16", "2p"):
        written = [(tmp_path / n / "utterances.jsonl").read_bytes() for n in ("1", name)]
        assert written[0] == written[1]
        assert summary(tmp_path / name)["test"] == summary(tmp_path / "1")["test"]


def test_what_cannot_be_read_is_skipped_named_and_counted(
    run: Run, bundle: Path, tones: Path, tmp_path: Path
) -> None:
    good = [row(u) for u in spoken(tones)]
    (tmp_path / "text.wav").write_text("not audio")
    soundfile.write(tmp_path / "none.wav", np.zeros(0), 8000)
    nan = np.full(8000, np.nan, np.float32)
    soundfile.write(tmp_path / "nan.wav", nan, 8000, subtype="FLOAT")  # shows when it is decoded
    bad = [{"audio_filepath": f"{n}.wav", "text": "a"} for n in ("missing", "text", "none", "nan")]
    file = write_manifest(tmp_path / "m.jsonl", [bad[0], *good, *bad[1:]])

    status, printed, _ = run("evaluate", bundle, "--manifest", file, "--output", tmp_path / "o")

    skipped = read_lines(tmp_path / "o" / "skipped.jsonl")
    assert status == 0
    assert {Path(item["path"]).stem for item in skipped} == {"missing", "text", "none", "nan"}
    assert all(item["reason"] and item["line"].startswith(str(file)) for item in skipped)
    assert summary(tmp_path / "o")["utterances"] == {"kept": len(good), "skipped": 4}
    assert "missing.wav" in printed or f"{file}:1" in printed


def test_a_reference_outside_the_vocabulary_counts_as_errors(
    run: Run, bundle: Path, tones: Path, tmp_path: Path
) -> None:
    rows = [{**row(u), "text": f"{u.text} xyz"} for u in spoken(tones)]
    file = write_manifest(tmp_path / "m.jsonl", rows)

    run("evaluate", bundle, "--manifest", file, "--output", tmp_path / "o")

    found = read_lines(tmp_path / "o" / "utterances.jsonl")
    assert len(found) == len(rows)
    assert all(item["reference"].endswith(" xyz") for item in found)
    assert summary(tmp_path / "o")["deletions"] >= len(rows) // 2


def test_a_value_of_the_column_split_chooses_rows(
    run: Run, bundle: Path, tones: Path, tmp_path: Path
) -> None:
    rows = [{**row(u), "split": "dev" if n % 3 else "test"} for n, u in enumerate(spoken(tones))]
    file = write_manifest(tmp_path / "m.jsonl", rows)

    run("evaluate", bundle, "--manifest", file, "--split", "test", "--output", tmp_path / "o")

    found = read_lines(tmp_path / "o" / "utterances.jsonl")
    assert [r["id"] for r in found] == [r["id"] for r in rows if r["split"] == "test"]


def test_a_corpus_by_name_gives_what_its_manifest_gives(
    run: Run, bundle: Path, manifest: Path, tones: Path, tmp_path: Path
) -> None:
    sizes = [part for name, size in SIZES.items() for part in ("--set", f"{name}={size}")]

    run("evaluate", bundle, "--manifest", manifest, "--output", tmp_path / "m")
    status, *_ = run(
        "evaluate", bundle, "--corpus", "tones", "--root", tones, "--split", "test", *sizes,
        "--output", tmp_path / "c",
    )  # fmt: skip

    assert status == 0
    assert summary(tmp_path / "c")["test"] == summary(tmp_path / "m")["test"]


def test_labels_are_scored_with_a_confusion_matrix(
    run: Run, labeller: Path, manifest: Path, tones: Path, tmp_path: Path
) -> None:
    status, out, _ = run("evaluate", labeller, "--manifest", manifest, "--output", tmp_path / "o")

    rows = read_lines(tmp_path / "o" / "utterances.jsonl")
    told = out.splitlines()[-1].partition(f"written to {tmp_path / 'o'}: ")[2].split(", ")
    assert sorted(told) == sorted(path.name for path in (tmp_path / "o").iterdir())
    confusion = json.loads((tmp_path / "o" / "confusion.json").read_text())
    right = sum(r["hypothesis"] == r["reference"] for r in rows)
    unseen = sum(u.label == "c" for u in spoken(tones))
    assert status == 0
    assert unseen
    assert summary(tmp_path / "o")["accuracy"] == np.float32(right / len(rows))
    assert 0 <= summary(tmp_path / "o")["macro_f1"] <= 1
    assert confusion["labels"] == ["a", "b"]
    assert sum(map(sum, confusion["matrix"])) + sum(confusion["unseen"]) == len(rows)
    assert sum(confusion["unseen"]) == unseen
    assert all(0.5 <= r["probability"] <= 1 for r in rows)


# Transcription


def test_one_file_gives_its_transcript_alone(run: Run, bundle: Path, tones: Path) -> None:
    model, task, *_ = load_model(bundle).recognizer
    file = spoken(tones)[-1].path
    [said] = task.predict(model(pad([read_audio(file, 8000)])))

    assert run("transcribe", bundle, file) == (0, f"{said}\n", "")


def test_several_files_and_folders_are_named(run: Run, bundle: Path, tones: Path) -> None:
    files = [utterance.path for utterance in spoken(tones)]

    _, one_by_one, _ = run("transcribe", bundle, *files, "--batch", 5)
    _, whole, _ = run("transcribe", bundle, files[0].parent)

    assert [line.split("\t")[0] for line in one_by_one.splitlines()] == [str(f) for f in files]
    assert sorted(whole.splitlines()) == sorted(one_by_one.splitlines())


def test_any_rate_and_number_of_channels_will_do(
    run: Run, bundle: Path, tones: Path, tmp_path: Path
) -> None:
    file = spoken(tones)[-1].path
    waveform = read_audio(file, 44_100)[0].numpy()
    soundfile.write(tmp_path / "cd.flac", np.stack([waveform, waveform], 1), 44_100)

    status, said, _ = run("transcribe", bundle, tmp_path / "cd.flac")

    assert status == 0
    assert character_edits(said, run("transcribe", bundle, file)[1]).errors <= 2


def test_json_has_the_file_its_seconds_and_the_times_of_words(
    run: Run, bundle: Path, tones: Path
) -> None:
    files = [utterance.path for utterance in spoken(tones)]

    _, printed, _ = run("transcribe", bundle, *files, "--format", "json")

    found = json.loads(printed)
    assert [item["file"] for item in found] == [str(f) for f in files]
    for item in found:
        assert " ".join(word["word"] for word in item["words"]) == item["text"]
        times = [t for word in item["words"] for t in (word["begin"], word["end"])]
        assert times == sorted(times)
        assert not times or (times[0] >= 0 and times[-1] <= item["seconds"] + 1e-3)


def test_srt_numbers_phrases_and_times_them(
    run: Run, bundle: Path, tones: Path, tmp_path: Path
) -> None:
    file = spoken(tones)[-1].path

    status, printed, _ = run(
        "transcribe", bundle, file, "--format", "srt", "--output", tmp_path / "o.srt"
    )

    number, times, text, *_ = (tmp_path / "o.srt").read_text().splitlines()
    assert (status, printed, number) == (0, "", "1")
    begin, end = times.split(" --> ")
    assert "00:00:00,000" <= begin < end < "00:00:10,000"
    assert text


def test_a_bad_file_does_not_stop_the_others(
    run: Run, bundle: Path, tones: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.wav").write_text("not audio")
    files = [spoken(tones)[0].path, tmp_path / "bad.wav", spoken(tones)[1].path]

    status, printed, errors = run("transcribe", bundle, *files)

    assert status == 2
    assert [line.split("\t")[0] for line in printed.splitlines()] == [str(files[0]), str(files[2])]
    assert errors.startswith(f"error: {files[1]}: ")
    assert errors.count("\n") == 1


def test_a_label_comes_with_its_probability(run: Run, labeller: Path, tones: Path) -> None:
    label, probability = run("transcribe", labeller, spoken(tones)[0].path)[1].split("\t")

    assert label in ("a", "b")
    assert 0.5 <= float(probability) <= 1


def test_what_a_terminal_would_obey_is_escaped(
    run: Run, bundle: Path, tones: Path, tmp_path: Path
) -> None:
    names = [tmp_path / "red \x1b[31m.wav", tmp_path / "two\nlines.wav"]
    for name in names:
        shutil.copy(spoken(tones)[0].path, name)

    _, printed, _ = run("transcribe", bundle, *names)
    _, _, errors = run("transcribe", bundle, tmp_path / "no \x1b[31m.wav")

    assert "\x1b" not in printed + errors
    assert printed.count("\n") == 2


# Description


def test_the_seed_model_is_described_as_its_mission_has_it(run: Run) -> None:
    status, printed, _ = run("describe", "model=seed")

    kinds = [re.split("  +", line)[1] for line in printed.splitlines()[2:8]]
    assert status == 0
    assert kinds == [
        "Conv1d(1, 32, 3, stride 1, padding 1)", "ReLU", "MaxPool1d(2, stride 2)",
        "Conv1d(32, 64, 7, stride 1, padding 3)", "ReLU", "MaxPool1d(2, stride 2)",
    ]  # fmt: skip
    assert "hear 18 samples" in printed
    assert "29 classes are assumed" in printed


def test_a_bundle_is_described_as_it_is(run: Run, bundle: Path) -> None:
    model = load_model(bundle).recognizer.model

    found = json.loads(run("describe", bundle, "--json")[1])

    assert found["parameters"] == sum(p.numel() for p in model.parameters())
    assert found["hop_ms"] == model.hop_ms
    assert found["classes_assumed"] is None
    assert found["layers"][-1]["channels"] == 5  # a, b, c, space and the blank
    assert found["lengths_agree"]
    assert found["feasibility"] is None
    assert not found["streaming"]["possible"]
    assert {"layer", "reason", "wait_ms"} == set(found["streaming"]["obstacles"][0])


def test_a_network_is_held_against_a_manifest(run: Run, bundle: Path, manifest: Path) -> None:
    of_bundle = json.loads(run("describe", bundle, "--manifest", manifest, "--json")[1])
    printed = run("describe", *SMALL, "--manifest", manifest)[1]

    assert of_bundle["feasibility"]["utterances"] == SIZES["test"]
    assert of_bundle["feasibility"]["infeasible"] == 0
    assert "0 of 12 utterances are infeasible" in printed
    assert "assumed" not in printed  # the manifest has the classes


def test_a_receptive_field_is_drawn(run: Run, bundle: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")

    status, printed, _ = run("describe", bundle, "--plot", tmp_path / "field.PNG")

    assert status == 0
    assert f"written to {tmp_path / 'field.PNG'}" in printed
    assert (tmp_path / "field.PNG").stat().st_size > 1000


# Check


def test_check_finds_what_is_planted(run: Run, bundle: Path, tones: Path, tmp_path: Path) -> None:
    good = [{**row(u), "split": "train"} for u in spoken(tones)]
    (tmp_path / "text.wav").write_text("not audio")
    soundfile.write(tmp_path / "silent.wav", np.zeros(8000), 8000)
    short = {"audio_filepath": str(spoken(tones)[0].path), "text": "abc " * 30, "id": "short"}
    planted = [
        {"audio_filepath": "text.wav", "text": "a", "split": "train"},
        {"audio_filepath": "silent.wav", "text": "a", "split": "train"},
        {**good[0], "text": "b"},
        {**good[1], "split": "test"},
        {**good[2], "id": "strange", "text": "aéa", "split": "test"},
        {**short, "split": "train"},
        {"audio_filepath": "x.wav", "txet": "a", "split": "train"},
    ]
    file = write_manifest(tmp_path / "m.jsonl", [*good, *planted])
    file.write_text(file.read_text() + "{broken\n")

    status, printed, errors = run(
        "check", "--manifest", file, "--model", bundle, "--decode", "--json"
    )

    report = json.loads(printed)
    found = {(fault["kind"], fault["id"]) for fault in report["faults"]}
    assert status == 2
    assert errors.startswith("error: ")
    assert errors.count("\n") == 1
    assert found >= {
        ("unusable", "text.wav"), ("silent", "silent.wav"), ("duplicate", good[0]["id"]),
        ("outside", "é"), ("infeasible", "short"), ("overlap", "id"), ("overlap", "path"),
        ("overlap", "speaker"), ("malformed", ""),
    }  # fmt: skip
    assert sum(fault["kind"] == "malformed" for fault in report["faults"]) == 2
    assert report["usable"] is False


def test_check_tells_what_a_corpus_holds(run: Run, manifest: Path, tones: Path) -> None:
    status, printed, errors = run("check", "--manifest", manifest, "--json")
    report = json.loads(printed)
    facts = report["splits"]["all"]
    utterances = spoken(tones)

    text_status, text, _ = run("check", "--manifest", manifest)

    assert (status, errors, text_status) == (0, "", 0)
    assert facts["clips"] == len(utterances)
    assert facts["sample_rates"] == {"8000": len(utterances)}
    assert facts["channels"] == {"1": len(utterances)}
    assert facts["words"]["total"] == sum(len(u.text.split()) for u in utterances)
    assert facts["hours"] == pytest.approx(sum(u.seconds or 0 for u in utterances) / 3600)
    assert "no faults" in text


# Bad input

BAD: dict[str, Sequence[str]] = {
    "unknown option": ["transcribe", "{bundle}", "{tmp}/text.wav", "--formt", "srt"],
    "missing model": ["evaluate", "{tmp}/no", "--manifest", "{manifest}"],
    "folder without a run": ["evaluate", "{tmp}", "--manifest", "{manifest}"],
    "text as model": ["evaluate", "{tmp}/text.wav", "--manifest", "{manifest}"],
    "text as checkpoint": ["evaluate", "{tmp}/text.ckpt", "--manifest", "{manifest}"],
    "truncated bundle": ["evaluate", "{tmp}/cut.safetensors", "--manifest", "{manifest}"],
    "empty bundle": ["transcribe", "{tmp}/empty.safetensors", "{tmp}/text.wav"],
    "address as model": ["describe", "https://example.org/model.safetensors"],
    "endless name": ["describe", "m" * 5000],
    "missing manifest": ["evaluate", "{bundle}", "--manifest", "{tmp}/no.jsonl"],
    "folder as manifest": ["evaluate", "{bundle}", "--manifest", "{tmp}"],
    "empty manifest": ["evaluate", "{bundle}", "--manifest", "{tmp}/empty.safetensors"],
    "bad JSON": ["evaluate", "{bundle}", "--manifest", "{tmp}/bad.jsonl"],
    "all audio missing": ["evaluate", "{bundle}", "--manifest", "{tmp}/lost.jsonl"],
    "id twice": ["evaluate", "{bundle}", "--manifest", "{tmp}/twice.jsonl"],
    "split that no row has": ["evaluate", "{bundle}", "--manifest", "{manifest}", "--split", "x"],
    "output in a file": [
        "evaluate", "{bundle}", "--manifest", "{manifest}", "--output", "{tmp}/text.wav",
    ],
    "output below a file": [
        "evaluate", "{bundle}", "--manifest", "{manifest}", "--output", "{tmp}/text.wav/x",
    ],
    "no data": ["evaluate", "{bundle}"],
    "manifest and corpus": [
        "evaluate", "{bundle}", "--manifest", "{manifest}", "--corpus", "tones",
    ],
    "settings of a manifest": ["evaluate", "{bundle}", "--manifest", "{manifest}", "--set", "a=1"],
    "audio outside the root": ["evaluate", "{bundle}", "--manifest", "{manifest}", "--root", "."],
    "unknown corpus": ["evaluate", "{bundle}", "--corpus", "yesmo", "--split", "test"],
    "corpus with syntax": ["evaluate", "{bundle}", "--corpus", "a=b,{{", "--split", "test"],
    "corpus without split": ["evaluate", "{bundle}", "--corpus", "tones"],
    "unknown split": ["evaluate", "{bundle}", "--corpus", "tones", "--split", "tset"],
    "unknown argument of a corpus": [
        "evaluate", "{bundle}", "--corpus", "tones", "--split", "test", "--set", "trian=3",
    ],
    "wrong value of a corpus": [
        "evaluate", "{bundle}", "--corpus", "tones", "--split", "test", "--set", "train=many",
    ],
    "setting without a value": [
        "evaluate", "{bundle}", "--corpus", "tones", "--split", "test", "--set", "train",
    ],
    "corpus that is not there": [
        "check", "--corpus", "gtzan", "--root", "{tmp}/no", "--split", "test",
    ],
    "batch of none": ["evaluate", "{bundle}", "--manifest", "{manifest}", "--batch", "0"],
    "processes in words": [
        "evaluate", "{bundle}", "--manifest", "{manifest}", "--processes", "two",
    ],
    "unknown device": ["evaluate", "{bundle}", "--manifest", "{manifest}", "--device", "gpu"],
    "channel that is not there": [
        "evaluate", "{bundle}", "--manifest", "{manifest}", "--channel", "3",
    ],
    "slice by no column": ["evaluate", "{bundle}", "--manifest", "{manifest}", "--slice", "x"],
    "scoring by no rule": ["evaluate", "{bundle}", "--manifest", "{manifest}", "--scoring", "x=1"],
    "precision above all": ["evaluate", "{bundle}", "--manifest", "{manifest}", "--precision", "2"],
    "latency of none": ["evaluate", "{bundle}", "--manifest", "{manifest}", "--latency", "0"],
    "comparison of no evaluations": ["compare", "{tmp}/folder", "{tmp}/folder"],
    "noise without a ratio": [
        "robustness", "{bundle}", "--manifest", "{manifest}", "--noise", "loud",
    ],
    "robustness of a manifest with settings": [
        "robustness", "{bundle}", "--manifest", "{manifest}", "--set", "train=3",
    ],
    "spotting with a model of texts": ["spot", "{bundle}", "{tmp}/text.wav", "--threshold", "0.5"],
    "threshold of a manifest without keywords": [
        "threshold", "{bundle}", "--manifest", "{manifest}", "--keyword", "x",
    ],
    "no files": ["transcribe", "{bundle}"],
    "missing audio": ["transcribe", "{bundle}", "{tmp}/no.wav"],
    "text as audio": ["transcribe", "{bundle}", "{tmp}/text.wav"],
    "folder without audio": ["transcribe", "{bundle}", "{tmp}/folder"],
    "subtitles of several": [
        "transcribe", "{bundle}", "{tmp}/text.wav", "{tmp}/b.wav", "--format", "srt",
    ],
    "unknown format": ["transcribe", "{bundle}", "{tmp}/text.wav", "--format", "vtt"],
    "alignment of nothing": ["align", "{bundle}"],
    "alignment without a text": ["align", "{bundle}", "{tmp}/text.wav"],
    "alignment with a missing text": ["align", "{bundle}", "{tmp}/text.wav", "{tmp}/no.txt"],
    "alignment of text as audio": ["align", "{bundle}", "{tmp}/text.wav", "a b"],
    "alignment of a folder without --output": ["align", "{bundle}", "{tmp}/folder"],
    "alignment of a folder without audio": [
        "align", "{bundle}", "{tmp}/folder", "--output", "{tmp}/o",
    ],
    "alignment of a folder with a text": [
        "align", "{bundle}", "{tmp}/folder", "a", "--output", "{tmp}/o",
    ],
    "alignment of audio and a manifest": [
        "align", "{bundle}", "{tmp}/text.wav", "--manifest", "{manifest}", "--output", "{tmp}/o",
    ],
    "alignment of a split without a manifest": [
        "align", "{bundle}", "{tmp}/text.wav", "a", "--split", "test",
    ],
    "chunk too short": ["transcribe", "{bundle}", "{tmp}/text.wav", "--chunk", "0"],
    "input of no duration": ["describe", "{bundle}", "--seconds", "nan"],
    "model and override": ["describe", "{bundle}", "model=seed"],
    "misspelt choice": ["describe", "model=sed"],
    "misspelt group": ["describe", "modle=seed"],
    "misspelt key": ["describe", "model.every.dilatoin=2"],
    "even kernel with same": ["describe", "model.every.kernels=[4]"],
    "stride of none": ["describe", "model.every.stride=0"],
    "groups that do not divide": ["describe", "model.every.groups=7"],
    "not a number": ["describe", "features.bins=many"],
    "broken syntax": ["describe", "model=[seed"],
    "one class": ["describe", "--classes", "1"],
    "split of no manifest": ["describe", "--split", "test"],
    "classes and manifest": ["describe", "--classes", "9", "--manifest", "{manifest}"],
    "description of a missing manifest": ["describe", "--manifest", "{tmp}/no.jsonl"],
    "description of bad JSON": ["describe", "{bundle}", "--manifest", "{tmp}/bad.jsonl"],
    "description of an id twice": ["describe", "{bundle}", "--manifest", "{tmp}/twice.jsonl"],
    "labels and manifest": [
        "describe", "task=classification", "vocabulary=labels", "--manifest", "{manifest}",
    ],
    "plot of an unknown format": ["describe", "{bundle}", "--plot", "{tmp}/x.jpg"],
    "plot in no folder": ["describe", "{bundle}", "--plot", "{tmp}/no/x.png"],
    "plot over a folder": ["describe", "{bundle}", "--plot", "{tmp}/folder.png"],
    "check of nothing": ["check"],
    "check of a missing manifest": ["check", "--manifest", "{tmp}/no.jsonl"],
    "check of a split that no row has": ["check", "--manifest", "{manifest}", "--split", "x"],
    "no such command": ["evalaute"],
    "no such option": ["check", "--manifest", "{manifest}", "--fast"],
}  # fmt: skip


@pytest.fixture
def places(bundle: Path, manifest: Path, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "text.wav").write_text("some text")
    (tmp_path / "text.ckpt").write_text("some text")
    (tmp_path / "empty.safetensors").write_bytes(b"")
    (tmp_path / "cut.safetensors").write_bytes(bundle.read_bytes()[:5000])
    (tmp_path / "bad.jsonl").write_text('{"audio_filepath": "a.wav", text: 3}\n')
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.png").mkdir()
    lost = {"audio_filepath": "gone.wav", "text": "a"}
    write_manifest(tmp_path / "lost.jsonl", [lost])
    write_manifest(tmp_path / "twice.jsonl", [lost, lost])
    return {"tmp": str(tmp_path), "bundle": str(bundle), "manifest": str(manifest)}


@pytest.mark.parametrize("argv", BAD.values(), ids=BAD)
def test_bad_input_ends_in_one_line_and_status_2(
    run: Run, places: dict[str, str], argv: Sequence[str]
) -> None:
    status, printed, errors = run(*[argument.format(**places) for argument in argv])

    assert status == 2
    assert errors.startswith("error: ")
    assert errors.count("\n") == 1
    assert "Traceback" not in printed + errors


@pytest.mark.parametrize(
    ("argv", "meant"),
    [
        (BAD["unknown option"], "--formt srt; did you mean --format?; see asr transcribe --help"),
        (BAD["unknown corpus"], "did you mean yesno?"),
        (BAD["unknown split"], "did you mean test?"),
        (BAD["misspelt choice"], "did you mean seed?"),
        (BAD["misspelt group"], "did you mean model?"),
        (BAD["misspelt key"], "did you mean model.every.dilation?"),
        (BAD["bad JSON"], "bad.jsonl:1: not JSON"),
    ],
)
def test_an_error_tells_what_was_meant(
    run: Run, places: dict[str, str], argv: Sequence[str], meant: str
) -> None:
    assert meant in run(*[argument.format(**places) for argument in argv])[2]


# As a process


def test_help_and_version_load_neither_torch_nor_hydra() -> None:
    code = (
        "import sys; from asr.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'torch', 'hydra', 'numpy', 'lightning'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert subprocess_run("--version").stdout.startswith("asr 0.")


def test_train_is_the_training_program(tmp_path: Path) -> None:
    told = subprocess_run("train", "--help")
    wrong = subprocess_run("train", "optimizer.lrr=1", cwd=tmp_path)

    assert told.returncode == 0
    assert "pairs, quartznet_10x5" in told.stdout
    assert wrong.returncode == 2
    assert wrong.stderr == "error: optimizer.lrr: no such setting; did you mean optimizer.lr?\n"


@pytest.mark.slow
def test_a_model_is_trained_evaluated_and_used(tmp_path: Path, run: Run) -> None:
    overrides = [
        *SMALL, "corpus=tones", f"data_root={tmp_path}", "corpus.train=64", "augment=none",
        "trainer.max_epochs=8", f"run_dir={tmp_path}/run", "trainer.accelerator=cpu",
    ]  # fmt: skip
    trained = subprocess_run("train", *overrides, cwd=tmp_path)
    assert trained.returncode == 0, trained.stderr

    status, *_ = run(
        "evaluate", tmp_path / "run", "--corpus", "tones", "--root", tmp_path / "tones",
        "--set", "train=64", "--split", "test", "--output", tmp_path / "o",
    )  # fmt: skip

    reported = summary(tmp_path / "run")["test"]
    assert status == 0
    assert summary(tmp_path / "o")["wer"] == reported["wer"]
    assert summary(tmp_path / "o")["cer"] == reported["cer"]
