"""Keywords in long recordings, heard by a network that measures one frequency."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import soundfile
import torch
from torch import nn

from asr.assemble import Recognizer
from asr.bundle import load_model
from asr.cli import main
from asr.data.corpora.tones import SAMPLE_RATE
from asr.errors import InputError
from asr.evaluation.operating_points import (
    Found,
    Point,
    Recording,
    chosen,
    points,
    recordings,
    stored,
)
from asr.evaluation.source import manifest_rows
from asr.evaluation.spotting import Detection, Sliding, detections
from asr.padded import Padded
from tests.tone_models import write_manifest

HOW = Sliding(window=0.5, step=0.1)


class Ear(nn.Module):
    """Scores label a by the power at 400 Hz, and b by a constant."""

    sample_rate = SAMPLE_RATE
    features = SimpleNamespace(channels=1)

    def __init__(self) -> None:
        super().__init__()
        self.nothing = nn.Parameter(torch.zeros(1))

    def frames(self, samples: int) -> int:
        return samples // 80

    def forward(self, x: Padded) -> Padded:
        phase = torch.arange(x.values.shape[-1]) * 2 * math.pi * 400 / SAMPLE_RATE
        power = (x.values[:, 0] * torch.cos(phase)).mean(1).abs()
        power = power + (x.values[:, 0] * torch.sin(phase)).mean(1).abs()
        logits = torch.stack([40 * power - 2, torch.zeros_like(power)], 1)
        return Padded(logits[..., None], torch.ones(len(power), dtype=torch.int64))


@pytest.fixture
def ear(labeller: Path) -> Recognizer:
    return load_model(labeller).recognizer._replace(model=Ear())  # type: ignore[arg-type]


def _recording(path: Path, seconds: float, tones: Sequence[float]) -> Path:
    """Faint noise, with 0.3 s of 400 Hz from each of some times on."""
    wave = 0.001 * torch.randn(int(seconds * SAMPLE_RATE), generator=torch.Generator())
    burst = 0.5 * torch.sin(torch.arange(2400) * 2 * math.pi * 400 / SAMPLE_RATE)
    for begin in tones:
        wave[int(begin * SAMPLE_RATE) :][:2400] += burst
    soundfile.write(path, wave.numpy(), SAMPLE_RATE)
    return path


def test_words_are_found_where_they_are_said_and_once_each(ear: Recognizer, tmp_path: Path) -> None:
    said = [0.0, 3.0, 12.75, 13.4, 19.6]  # 12.8 s is where one batch of windows ends
    path = _recording(tmp_path / "long.wav", 20, said)

    found = [each for each in detections(ear, path, ["a"], HOW) if each.score > 0.8]

    assert len(found) == len(said)
    for each, begin in zip(found, said, strict=True):
        assert each.begin <= begin + 0.15 <= each.end  # the middle of the word
        assert each.end - each.begin == pytest.approx(HOW.window)


def test_windows_after_the_first_batch_are_those_at_their_place(
    ear: Recognizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _recording(tmp_path / "long.wav", 7.33, [1.0, 3.17, 5.0])
    whole = detections(ear, path, ["a", "b"], HOW)

    monkeypatch.setattr("asr.evaluation.spotting._AT_ONCE", 3)

    for one, other in zip(whole, detections(ear, path, ["a", "b"], HOW), strict=True):
        assert one[:3] == other[:3]
        assert one.score == pytest.approx(other.score, abs=1e-5)


def test_a_recording_shorter_than_the_window_is_one_window(ear: Recognizer, tmp_path: Path) -> None:
    [found] = detections(ear, _recording(tmp_path / "a.wav", 0.3, [0.0]), ["a"], HOW)

    assert found.begin == 0
    assert found.score > 0.8


def test_a_label_that_is_none_and_a_model_of_transcripts_are_refused(
    ear: Recognizer, bundle: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="--keyword x: the model has no such label; it has a, b"):
        detections(ear, tmp_path / "a.wav", ["x"], HOW)
    with pytest.raises(InputError, match="--step 2 is longer than --window 1"):
        detections(ear, tmp_path / "a.wav", ["a"], Sliding(1, 2))
    with pytest.raises(InputError, match="needs a model of labels"):
        detections(load_model(bundle).recognizer, tmp_path / "a.wav", ["a"], HOW)


def _found(hours: float, said: Sequence[float], heard: Sequence[tuple[float, float]]) -> Found:
    places = [("a", begin, begin + 0.3) for begin in said]
    return Found(
        Recording(Path("long.wav"), 3600 * hours, places),
        [Detection("a", begin, begin + 0.5, score) for begin, score in heard],
    )


def test_misses_and_false_alarms_are_counted_at_each_threshold() -> None:
    one = _found(1, [10, 20], [(10, 0.9), (15, 0.8), (20.1, 0.4)])
    two = _found(3, [30], [(30, 0.7), (30.1, 0.6), (50, 0.1)])

    assert points([one, two], "a") == [
        Point(0.9, 1 - 1 / 3, 0.0),
        Point(0.8, 1 - 1 / 3, 0.25),
        Point(0.7, 1 - 2 / 3, 0.25),
        Point(0.6, 1 - 2 / 3, 0.5),  # heard twice
        Point(0.4, 0.0, 0.5),
        Point(0.1, 0.0, 0.75),
    ]


def test_detections_of_equal_score_are_told_together() -> None:
    [point] = points([_found(1, [10], [(10, 0.5), (40, 0.5)])], "a")

    assert point == Point(0.5, 0.0, 1.0)


def test_without_occurrences_there_are_false_alarms_alone() -> None:
    assert points([_found(2, [], [(10, 0.5)])], "a") == [Point(0.5, None, 0.5)]


def test_the_threshold_has_the_fewest_misses_that_the_false_alarms_allow() -> None:
    curve = points([_found(1, [10, 20], [(10, 0.9), (20, 0.5), (40, 0.3), (50, 0.2)])], "a")

    assert chosen(curve, 0, "a") == Point(pytest.approx(0.4), 0.0, 0.0)  # half way to 0.3
    assert chosen(curve, 1, "a") == Point(pytest.approx(0.25), 0.0, 1.0)
    assert chosen(curve, 9, "a").threshold == 0.2
    with pytest.raises(InputError, match="allow more with --false-alarms"):
        chosen(points([_found(1, [], [(10, 0.9)])], "a"), 0.5, "a")


def test_rows_of_one_file_are_places_in_it(tmp_path: Path) -> None:
    for name, seconds in (("one", 5.0), ("two", 2.0)):
        _recording(tmp_path / f"{name}.wav", seconds, [])
    rows: list[dict[str, Any]] = [
        {"audio_filepath": "one.wav", "label": "a", "offset": 1.0, "duration": 0.3},
        {"audio_filepath": "two.wav", "label": "noise"},
        {"audio_filepath": "one.wav", "label": "b", "offset": 3.0, "duration": 0.5},
    ]

    found = recordings(manifest_rows(write_manifest(tmp_path / "m.jsonl", rows), None))

    assert [(each.path.name, each.seconds, each.keywords) for each in found] == [
        ("one.wav", 5.0, [("a", 1.0, 1.3), ("b", 3.0, 3.5)]),
        ("two.wav", 2.0, [("noise", 0.0, 2.0)]),
    ]


@pytest.fixture
def long(labeller: Path, tmp_path: Path) -> tuple[Path, Path, Path]:
    """A model of one's own, a recording of 6 s, and its manifest."""
    model = tmp_path / "model.safetensors"
    model.write_bytes(labeller.read_bytes())
    audio = _recording(tmp_path / "long.wav", 6, [2.0])
    row = {"audio_filepath": "long.wav", "label": "a", "offset": 2.0, "duration": 0.3}
    return model, audio, write_manifest(tmp_path / "long.jsonl", [row])


def test_a_threshold_is_written_into_the_bundle_and_used_from_there(
    long: tuple[Path, Path, Path], labeller: Path, tmp_path: Path, capsys: Any
) -> None:
    model, audio, manifest = long
    options = ["--window", "0.5", "--step", "0.25", "--false-alarms", "1e6"]

    assert main(
        ["threshold", str(model), "--manifest", str(manifest), *options, "--write",
         "--output", str(tmp_path / "o")]
    ) == 0  # fmt: skip

    before, after = load_model(labeller), load_model(model)
    for name, tensor in before.recognizer.model.state_dict().items():
        assert after.recognizer.model.state_dict()[name].equal(tensor)
    assert after.facts["test"] == before.facts["test"]
    thresholds, told = stored(after.facts)
    written = json.loads((tmp_path / "o/spotting.json").read_text("utf-8"))
    assert (told["window"], told["step"]) == (0.5, 0.25)
    assert set(thresholds) == {"a"}
    assert written["keywords"] == told["keywords"]
    assert written["points"]["a"]
    capsys.readouterr()
    assert main(["spot", str(model), str(audio), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    expected = [
        each
        for each in detections(after.recognizer, audio, ["a"], Sliding(0.5, 0.25))
        if each.score >= thresholds["a"]
    ]
    assert [each["begin"] for each in found] == [each.begin for each in expected]
    assert found


def test_a_second_keyword_is_kept_beside_the_first_while_the_window_is_the_same(
    long: tuple[Path, Path, Path],
) -> None:
    model, _, manifest = long
    command = ["threshold", str(model), "--manifest", str(manifest), "--false-alarms", "1e6"]

    main([*command, "--write", "--keyword", "a"])
    main([*command, "--write", "--keyword", "b"])
    both = stored(load_model(model).facts)[0]
    main([*command, "--write", "--keyword", "b", "--window", "0.5"])

    assert set(both) == {"a", "b"}
    assert set(stored(load_model(model).facts)[0]) == {"b"}


def test_without_a_threshold_one_is_asked_for(
    long: tuple[Path, Path, Path], tmp_path: Path, capsys: Any
) -> None:
    model, audio, _ = long

    with pytest.raises(SystemExit):
        main(["spot", str(model), str(audio)])
    assert "has no threshold for any keyword" in capsys.readouterr().err

    (tmp_path / "bad.wav").write_text("no audio")
    status = main(["spot", str(model), str(tmp_path / "bad.wav"), str(audio), "--threshold", "0.1"])
    told = capsys.readouterr()
    assert status == 2
    assert told.err.count("\n") == 1
    assert told.out.count("\n") >= 2
    assert all(line.startswith(f"{audio}\t") for line in told.out.splitlines())


@pytest.mark.parametrize(
    "spotting",
    [
        {"window": 1, "step": 0.1, "keywords": {"a": {"threshold": 7}}},
        {"window": "x", "step": 0.1, "keywords": {}},
        {"window": 1, "step": 0.1, "keywords": [1]},
        {"window": 0, "step": 0.1, "keywords": {}},
        [3],
    ],
)
def test_damaged_thresholds_are_refused(spotting: Any) -> None:
    with pytest.raises(InputError, match="thresholds are damaged"):
        stored({"spotting": spotting})
