"""What ``asr evaluate --output`` leaves behind, which compare and report build on."""

import json
from pathlib import Path
from typing import Any

import pytest

from asr.bundle import load_model
from asr.errors import InputError
from asr.evaluation.evaluate import evaluate
from asr.evaluation.scoring import scoring_of
from asr.evaluation.source import Source
from asr.metrics.edits import character_edits, word_edits
from tests.tone_models import read_lines, row, spoken, write_manifest


def _evaluated(model: Path, manifest: Path, folder: Path, **options: Any) -> dict[str, Any]:
    evaluate(model, Source(manifest), **options).write(folder)
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text("utf-8"))
    return found


@pytest.fixture
def peopled(tones: Path, tmp_path: Path) -> Path:
    """A manifest of three speakers with texts that the model gets wrong, and two columns."""
    rows = [
        {**row(u), "text": u.text + " B" * (n % 2), "speaker": "xyz"[n % 3], "take": n,
         "gender": "fm"[n % 2]}
        for n, u in enumerate(spoken(tones))
    ]  # fmt: skip
    return write_manifest(tmp_path / "peopled.jsonl", rows)


def test_a_row_tells_where_it_is_heard_and_what_was_counted(
    bundle: Path, peopled: Path, tones: Path, tmp_path: Path
) -> None:
    _evaluated(bundle, peopled, tmp_path / "o")

    for found, utterance in zip(
        read_lines(tmp_path / "o/utterances.jsonl"), spoken(tones), strict=True
    ):
        words = word_edits(found["hypothesis"], found["reference"])
        characters = character_edits(found["hypothesis"], found["reference"])
        assert found["path"] == str(utterance.path.absolute())
        assert (found["offset"], found["words"]) == (0.0, words.length)
        assert (found["characters"], found["character_edits"]) == (
            characters.length,
            characters.errors,
        )
        assert set(found["extras"]) == {"take", "gender"}


def test_a_label_comes_with_the_probability_of_each(
    labeller: Path, manifest: Path, tmp_path: Path
) -> None:
    summary = _evaluated(labeller, manifest, tmp_path / "o")

    rows = read_lines(tmp_path / "o/utterances.jsonl")
    for found in rows:
        assert list(found["probabilities"]) == ["a", "b"]
        assert sum(found["probabilities"].values()) == pytest.approx(1)
        assert found["probability"] == max(found["probabilities"].values())
        assert found["probability"] == found["probabilities"][found["hypothesis"]]
    assert summary["calibration"]["of"] == "probability"
    assert not (tmp_path / "o/confusions.json").exists()


def test_the_rate_lies_in_its_interval_and_each_slice_has_its_own(
    bundle: Path, peopled: Path, tmp_path: Path
) -> None:
    summary = _evaluated(bundle, peopled, tmp_path / "o", columns=["take"])

    rows = read_lines(tmp_path / "o/utterances.jsonl")
    for name in ("wer", "cer"):
        low, high = summary["intervals"][name]
        assert low <= summary[name] <= high
        assert low < high
    assert summary["interval"]["blocked_by"] == "speaker"
    assert summary["interval"]["blocks"] == 3
    assert {"speaker", "gender", "take"} <= set(summary["slices"])
    for value, told in summary["slices"]["speaker"].items():
        part = [found for found in rows if found["speaker"] == value]
        errors = sum(f["substitutions"] + f["deletions"] + f["insertions"] for f in part)
        assert told["utterances"] == len(part)
        assert told["words"] == sum(found["words"] for found in part)
        assert told["wer"] == errors / told["words"]
        assert told["interval"][0] <= told["wer"] <= told["interval"][1]


def test_an_unknown_column_is_refused_by_what_there_is(bundle: Path, peopled: Path) -> None:
    with pytest.raises(InputError, match=r"--slice accent: .* there is duration, gender, .*take"):
        evaluate(bundle, Source(peopled), columns=["accent"])


def test_confusions_add_up_to_the_errors(bundle: Path, peopled: Path, tmp_path: Path) -> None:
    summary = _evaluated(bundle, peopled, tmp_path / "o")

    confusions = json.loads((tmp_path / "o/confusions.json").read_text("utf-8"))
    for kind, found in confusions.items():
        counts = [entry[-1] for entry in found]
        assert sum(counts) == summary[kind]
        assert counts == sorted(counts, reverse=True)
    missed = dict(confusions["deletions"])
    assert missed["b"] >= 1


def test_texts_are_scored_in_the_form_that_was_asked_for_and_it_is_on_record(
    bundle: Path, tones: Path, tmp_path: Path
) -> None:
    rows = [{**row(u), "text": f"{u.text.upper()}!"} for u in spoken(tones)]
    manifest = write_manifest(tmp_path / "shouted.jsonl", rows)

    of_model = _evaluated(bundle, manifest, tmp_path / "m")
    kept = _evaluated(bundle, manifest, tmp_path / "k", scoring=scoring_of(["case=keep"]))
    same = _evaluated(
        bundle, manifest, tmp_path / "s", scoring=scoring_of(["case=lower", "punctuation=remove"])
    )

    [first, *_] = read_lines(tmp_path / "k/utterances.jsonl")
    assert first["reference"] == rows[0]["text"]
    assert kept["wer"] > 0.9 > of_model["wer"] == same["wer"]
    assert kept["scoring"] == {
        "rules": "given", "case": "keep", "punctuation": "keep", "spare": "'"
    }  # fmt: skip
    assert of_model["scoring"] == {
        "rules": "of the model", "case": "lower", "punctuation": "remove", "spare": "'"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "told"),
    [("case", "write one of"), ("accents=keep", "write one of"), ("case=small", "one of lower")],
)
def test_a_form_that_is_none_is_refused(setting: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        scoring_of([setting])


def test_labels_have_no_form(labeller: Path, manifest: Path) -> None:
    with pytest.raises(InputError, match="the model gives labels"):
        evaluate(labeller, Source(manifest), scoring=scoring_of(["case=lower"]))
    assert load_model(labeller).facts == {"test": {}}


def test_labels_have_curves_and_an_interval_of_each_rate(
    labeller: Path, manifest: Path, tmp_path: Path
) -> None:
    summary = _evaluated(labeller, manifest, tmp_path / "o")

    curves = json.loads((tmp_path / "o/roc.json").read_text("utf-8"))
    assert set(curves) == {"a", "b"}
    assert all(0 <= told["area"] <= 1 for told in curves.values())
    for name in ("accuracy", "macro_f1"):
        low, high = summary["intervals"][name]
        assert low - 1e-6 <= summary[name] <= high + 1e-6
        assert low < high
    assert summary["interval"]["methods"] == {"accuracy": "wilson", "macro_f1": "bootstrap"}


def test_the_latency_is_told_where_it_is_asked_for(
    bundle: Path, manifest: Path, tmp_path: Path
) -> None:
    assert _evaluated(bundle, manifest, tmp_path / "n")["latency"] is None

    found = _evaluated(bundle, manifest, tmp_path / "l", timed=5)["latency"]

    assert found["utterances"] == 5
    assert 0 < found["median_ms"] <= found["p95_ms"]
    assert 0.1 < found["mean_seconds"] < 3
