import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from asr.data.audio import AudioError, audio_info, read_audio

RATE = 16000


def _tone(hertz: float, seconds: float = 1.0, rate: int = RATE) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff"])
def test_formats_are_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, _tone(440), RATE)
    waveform = read_audio(path, RATE)
    assert waveform.dtype == torch.float32
    assert waveform.shape[0] == 1
    assert abs(waveform.shape[1] - RATE) < 0.15 * RATE


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000])
def test_any_rate_becomes_the_models_rate_and_keeps_its_pitch(tmp_path: Path, rate: int) -> None:
    soundfile.write(tmp_path / "a.wav", _tone(440, rate=rate), rate)
    waveform = read_audio(tmp_path / "a.wav", RATE)
    spectrum = torch.fft.rfft(waveform[0]).abs()
    assert waveform.shape == (1, RATE)
    assert spectrum.argmax().item() == pytest.approx(440, abs=2)


def test_channels_are_mixed_picked_or_kept(tmp_path: Path) -> None:
    stereo = np.stack([_tone(440), 0 * _tone(440)], axis=1)
    soundfile.write(tmp_path / "a.wav", stereo, RATE, subtype="FLOAT")
    left = torch.from_numpy(stereo[:, 0]).float()
    torch.testing.assert_close(read_audio(tmp_path / "a.wav", RATE)[0], left / 2)
    torch.testing.assert_close(read_audio(tmp_path / "a.wav", RATE, channel=0)[0], left)
    assert read_audio(tmp_path / "a.wav", RATE, channel=1).abs().max() == 0
    assert read_audio(tmp_path / "a.wav", RATE, channel="all").shape == (2, RATE)
    with pytest.raises(AudioError, match=r"has 2 channel\(s\), so no channel 2"):
        read_audio(tmp_path / "a.wav", RATE, channel=2)


def test_a_part_is_read_by_offset_and_seconds(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, RATE)
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    part = read_audio(tmp_path / "a.wav", RATE, offset=0.25, seconds=0.5)
    torch.testing.assert_close(part[0], torch.from_numpy(samples[4000:12000]).float())


def test_the_header_tells_duration_rate_and_channels(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((4000, 3)), 8000)
    assert audio_info(tmp_path / "a.wav") == (0.5, 8000, 3)


def _truncated(path: Path) -> None:
    soundfile.write(path, _tone(440), RATE)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _constant(path: Path, value: float, rate: int = RATE) -> None:
    kind = "PCM_16" if value == 0 else "FLOAT"
    soundfile.write(path, np.full(100, float(value)), rate, subtype=kind)


def _git_lfs(path: Path) -> None:
    path.write_text("version https://git-lfs.github.com/spec/v1")


FAULTS = {
    "empty file": (lambda path: path.write_bytes(b""), "empty file"),
    "no samples": (lambda path: soundfile.write(path, np.zeros(0), RATE), "holds no samples"),
    "half a header": (lambda path: path.write_bytes(b"RIFF$\0\0\0WAVEfmt "), "not audio"),
    "web page": (lambda path: path.write_text("<!doctype html>"), "web page"),
    "git-lfs": (_git_lfs, "git lfs pull"),
    "random bytes": (lambda path: path.write_bytes(os.urandom(5000)), "not audio"),
    "mpeg-4": (lambda path: path.write_bytes(b"\0\0\0\x20ftypM4A \0\0\0\0"), "ffmpeg -i"),
    "directory": (lambda path: path.mkdir(), "is a directory"),
    "fifo": (lambda path: os.mkfifo(path), "not a regular file"),
    "missing": (lambda path: None, "No such file"),
    "dangling link": (lambda path: path.symlink_to("nowhere"), "No such file"),
    "link loop": (lambda path: path.symlink_to(path.name), "levels of symbolic links"),
    "half the data": (_truncated, "truncated|not audio|holds no samples"),
    "not a number": (lambda path: _constant(path, np.nan), "not finite"),
    "infinite": (lambda path: _constant(path, np.inf), "not finite"),
    "2 GHz": (lambda path: _constant(path, 0, 2**31 - 1), "sample rate 2147483647"),
    "1 Hz": (lambda path: _constant(path, 0, 1), "sample rate 1 Hz"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_in_one_line_that_names_the_file(tmp_path: Path, name: str) -> None:
    make, message = FAULTS[name]
    path = tmp_path / "a.wav"
    make(path)

    with pytest.raises(AudioError, match=message) as error:
        read_audio(path, RATE)

    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_an_offset_past_the_end_is_told(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", _tone(440), RATE)
    with pytest.raises(AudioError, match="begins at 2 s, but the file lasts 1 s"):
        read_audio(tmp_path / "a.wav", RATE, offset=2)
