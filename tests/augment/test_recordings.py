from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from asr.augment import recordings as module
from asr.augment.recorded_noise import RecordedNoise
from asr.augment.recorded_room import RecordedRoom
from asr.augment.recordings import Recordings
from asr.augment.waveform import Transform
from asr.errors import InputError
from asr.keyed import generator

RATE = 8_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ramps of 100 and of 1000 samples, each with values of its own."""
    (tmp_path / "deep").mkdir()
    _write(tmp_path / "deep" / "long.wav", np.arange(1000) / 2000)
    _write(tmp_path / "short.flac", -(1 + np.arange(100)) / 1000)
    (tmp_path / "notes.txt").write_text("no audio")
    return tmp_path


def _write(path: Path, samples: np.ndarray, rate: int = RATE) -> None:
    soundfile.write(path, samples, rate, subtype="PCM_24")


def test_a_part_comes_from_anywhere_and_a_short_recording_is_repeated(folder: Path) -> None:
    recordings = Recordings(str(folder))
    begins = set()
    for seed in range(400):
        part = recordings.part(700, RATE, generator(seed))
        assert part.shape == (700,)
        if part[0] >= 0:
            assert part.diff().tolist() == pytest.approx([1 / 2000] * 699, abs=1e-5)
            begins.add(round(float(part[0]) * 2000))
        else:
            assert torch.equal(part[:100], part[600:])
            assert torch.allclose(part[:100], -(1 + torch.arange(100)) / 1000, atol=1e-5)
    assert min(begins) < 10
    assert 290 < max(begins) <= 300


def test_a_long_recording_is_decoded_in_part(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(module, "_LONGEST", 0.05)
    recordings = Recordings(str(folder))
    parts = [recordings.part(50, RATE, generator(seed)) for seed in range(40)]
    whole = Recordings(str(folder))
    assert all(part.shape == (50,) for part in parts)
    assert len({float(part[0]) for part in parts if part[0] >= 0}) > 10
    assert all(size[0] == 1 for size in recordings._decoded)  # the short one alone
    assert len(whole.whole(RATE, generator(0))) in (100, 1000)


def test_what_is_drawn_is_a_function_of_the_generator_whether_it_is_kept_or_not(
    folder: Path, monkeypatch
) -> None:
    kept = Recordings(str(folder))
    monkeypatch.setattr(module, "_MOST_BYTES", 0)
    fresh = Recordings(str(folder))
    for seed in range(10):
        one, other = (each.part(70, RATE, generator(seed)) for each in (kept, fresh))
        assert torch.equal(one, other)
    assert kept._decoded
    assert not fresh._decoded


def test_recordings_are_resampled(folder: Path) -> None:
    assert len(Recordings(str(folder)).whole(4_000, generator(0))) in (50, 500)


def test_noise_comes_at_its_ratio_alike_in_all_channels(folder: Path) -> None:
    waveform = 0.2 * torch.randn(2, 640)
    noisy = RecordedNoise(str(folder), low_db=7, high_db=7, probability=1)(
        waveform, RATE, generator(2)
    )
    noise = noisy - waveform
    measured = 10 * (waveform.square().mean() / noise.square().mean()).log10()
    assert float(measured) == pytest.approx(7, abs=0.01)
    assert torch.allclose(noise[0], noise[1], atol=1e-6)


def test_silence_stays_silent(folder: Path) -> None:
    silent = torch.zeros(1, 100)
    for transform in (RecordedNoise(str(folder), probability=1), RecordedRoom(str(folder))):
        assert torch.equal(transform(silent, RATE, generator(0)), silent)


def test_a_silent_response_changes_nothing(tmp_path: Path) -> None:
    _write(tmp_path / "room.wav", np.zeros(100))
    speech = torch.randn(1, 300)
    heard = RecordedRoom(str(tmp_path), probability=1)(speech, RATE, generator(0))
    assert torch.equal(heard, speech)


def test_a_room_keeps_instants_and_loudness_whatever_stands_before_its_peak(
    tmp_path: Path,
) -> None:
    response = np.zeros(400)
    response[50], response[60] = 0.5, 0.25
    _write(tmp_path / "room.wav", response)
    click = torch.nn.functional.pad(torch.ones(1, 1), (100, 200))

    heard = RecordedRoom(str(tmp_path), probability=1)(click, RATE, generator(0))[0]

    assert heard.abs().gt(1e-4).nonzero().flatten().tolist() == [100, 110]
    assert float(heard[100] / heard[110]) == pytest.approx(2, rel=1e-3)
    assert float(heard.square().sum()) == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize("made", [RecordedNoise, RecordedRoom])
def test_probability_is_the_share_of_clips_that_change(folder: Path, made) -> None:
    transform = made(str(folder), probability=0.3)
    assert isinstance(transform, Transform)
    waveform = torch.randn(1, 50)
    changed = sum(
        not torch.equal(transform(waveform, RATE, generator(seed)), waveform) for seed in range(200)
    )
    assert 35 < changed < 85
    with pytest.raises(ValueError, match="probability"):
        made(str(folder), probability=1.5)


def test_a_folder_of_no_use_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no folder"):
        Recordings(str(tmp_path / "gone"))
    with pytest.raises(InputError, match="has no audio files"):
        Recordings(str(tmp_path))
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    with pytest.raises(InputError, match=r"bad\.wav"):
        RecordedNoise(str(tmp_path))


def test_what_is_too_long_for_a_room_is_refused(tmp_path: Path) -> None:
    _write(tmp_path / "a.wav", np.zeros(11 * 4_000), 4_000)
    with pytest.raises(InputError, match="longer than 10 s"):
        RecordedRoom(str(tmp_path))


def test_ratios_in_the_wrong_order_are_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="low_db"):
        RecordedNoise(str(folder), low_db=10, high_db=5)
