"""Noise, a narrow band and reverberation, the same for every model."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from asr.cli import main
from asr.evaluation.degradation import Clean, Reverberation, Telephone, conditions
from asr.evaluation.evaluate import evaluate
from asr.evaluation.robustness import robustness
from asr.evaluation.source import Source
from asr.keyed import generator
from tests.tone_models import read_lines, write_manifest

RATE = 16_000


def _tone(hertz: float, seconds: float = 1.0) -> Tensor:
    time = torch.arange(int(seconds * RATE)) / RATE
    return torch.sin(2 * math.pi * hertz * time)[None]


def _power(waveform: Tensor) -> float:
    return float(waveform.square().mean())


def test_the_telephone_keeps_what_is_below_4_khz_and_nothing_above() -> None:
    low, high = _tone(1000), _tone(6000)

    heard = Telephone()(low + high, RATE, generator(0))

    assert heard.shape == low.shape
    assert _power(heard - low) < 0.01 * _power(low)
    assert Telephone()(high, 8000, generator(0)) is high


def test_noise_has_the_ratio_that_it_says() -> None:
    tone = _tone(440)
    found = conditions((10, 0), ())

    for name in ("white noise 10 dB", "pink noise 10 dB"):
        noise = found[name](tone, RATE, generator(1)) - tone
        assert 10 * math.log10(_power(tone) / _power(noise)) == pytest.approx(10, abs=0.5)


@pytest.mark.parametrize("seconds", [0.3, 1.0])
def test_a_room_rings_for_its_reverberation_time(seconds: float) -> None:
    click = torch.zeros(1, 2 * RATE)
    click[0, 0] = 1

    tail = Reverberation(seconds)(click, RATE, generator(2))[0, 1:]

    def decibel(begin: float) -> float:
        part = tail[int(begin * RATE) :][: int(0.05 * RATE)]
        return 10 * math.log10(_power(part))

    assert tail.square().sum() == pytest.approx(1, abs=1e-3)  # as loud as the click
    assert decibel(0) - decibel(seconds / 2) == pytest.approx(30, abs=2)
    assert _power(tail[int(seconds * RATE) + 1 :]) < 1e-12


def test_reverberation_reaches_back_to_nothing_before() -> None:
    wave = torch.randn(2, RATE)
    later = wave.clone()
    later[:, 8000:] = 0

    full, cut = (Reverberation(0.3)(x, RATE, generator(3)) for x in (wave, later))

    assert torch.allclose(full[:, :8000], cut[:, :8000], atol=1e-4)
    assert full.shape == wave.shape


def test_the_clean_condition_is_the_evaluation_and_noise_is_worse(
    bundle: Path, manifest: Path, tmp_path: Path
) -> None:
    source, chosen = Source(manifest), conditions((20, -10), (0.6,))

    found = {each.name: each for each in robustness(bundle, source, chosen)}

    plain = evaluate(bundle, source)
    assert list(found) == list(chosen)
    assert found["clean"].rates == plain.scores.rates
    assert list(found["clean"].interval) == plain.analysis["intervals"]["wer"]
    assert found["white noise -10 dB"].rates["wer"] > found["clean"].rates["wer"]
    for each in found.values():
        assert each.interval[0] <= each.rates["wer"] + 1e-6
        assert each.interval[1] >= each.rates["wer"] - 1e-6


def test_an_utterance_is_degraded_alike_in_any_company(
    bundle: Path, manifest: Path, tmp_path: Path
) -> None:
    rows = read_lines(manifest)
    part = write_manifest(tmp_path / "part.jsonl", rows[3:5][::-1])
    heard: dict[str, dict[str, Tensor]] = {"all": {}, "part": {}}
    noise = conditions((5,), ())["pink noise 5 dB"]

    for name, file in (("all", manifest), ("part", part)):

        def listen(x: Tensor, rate: int, random: Any, name: str = name) -> Tensor:
            degraded = noise(x, rate, random)
            heard[name][str(x.sum().item())] = degraded
            return degraded

        list(robustness(bundle, Source(file), {"noisy": listen}))

    assert len(heard["part"]) == 2
    for key, waveform in heard["part"].items():
        assert waveform.equal(heard["all"][key])


def test_the_command_tells_each_condition_and_writes_them(
    bundle: Path, manifest: Path, tmp_path: Path, capsys: Any
) -> None:
    status = main(
        ["robustness", str(bundle), "--manifest", str(manifest), "--noise", "5",
         "--reverberation", "0.5", "--output", str(tmp_path / "o")]
    )  # fmt: skip

    printed = capsys.readouterr().out.splitlines()
    written = json.loads((tmp_path / "o/robustness.json").read_text("utf-8"))
    names = [each["condition"] for each in written["conditions"]]
    assert status == 0
    assert names == [
        "clean", "white noise 5 dB", "pink noise 5 dB", "8 kHz band", "reverberation 0.5 s"
    ]  # fmt: skip
    assert [line.split("  ")[0] for line in printed[1:]] == names
    assert printed[0].split() == ["condition", "wer", "cer", "wer,", "95", "%", "interval"]
    for line, each in zip(printed[1:], written["conditions"], strict=True):
        assert f"  {100 * each['wer']:.2f} %" in line
        assert line.endswith(f"{100 * each['interval'][0]:.2f} to {100 * each['interval'][1]:.2f}")
    assert Clean()(torch.ones(1, 2), RATE, generator(0)).tolist() == [[1, 1]]
