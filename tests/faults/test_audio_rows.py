"""Bad audio, row by row of the table of faults: what a user is told of each."""

import ast
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from asr.data.audio import AudioError, audio_info, read_audio
from asr.data.index import Index
from asr.data.utterance import Utterance
from tests.faults.conftest import RATE, Run, refused, tone, write_rows, write_tone

Make = Callable[[Path], object]
NOISE = np.random.default_rng(0)


def _samples(values: Any, **options: Any) -> Make:
    return lambda path: soundfile.write(path, values, RATE, **{"subtype": "FLOAT", **options})


def _with(values: Any, place: int, value: float) -> np.ndarray:
    changed = np.array(values, np.float32)
    changed[place] = value
    return changed


def _cut(make: Make, share: float) -> Make:
    def write(path: Path) -> None:
        make(path)
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    return write


def _patched(make: Make, *places: tuple[int, bytes]) -> Make:
    def write(path: Path) -> None:
        make(path)
        content = bytearray(path.read_bytes())
        for at, what in places:
            content[at : at + len(what)] = what
        path.write_bytes(content)

    return write


def _noise(path: Path) -> None:
    soundfile.write(path, NOISE.uniform(-0.5, 0.5, RATE), RATE)


def _many_samples(path: Path) -> None:
    """FLAC whose STREAMINFO claims 2^36 - 1 samples, in 36 bits that begin in byte 21."""
    write_tone(path)
    content = bytearray(path.read_bytes())
    content[21] |= 0x0F
    content[22:26] = b"\xff\xff\xff\xff"
    path.write_bytes(content)


def _rotten(path: Path) -> None:
    _noise(path)
    content = bytearray(path.read_bytes())
    content[2000:2600] = bytes(600)
    path.write_bytes(content)


def _mono_header(path: Path, rate: int, channels: int = 1) -> None:
    data = bytes(2 * 4000)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1,
                       channels, rate, 2 * rate, 2, 16, b"data", len(data))  # fmt: skip
    path.write_bytes(head + data)


def _page(path: Path) -> None:
    path.write_text("<!DOCTYPE html><html><title>404</title></html>")


def _pointer(path: Path) -> None:
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")


ANTIPHASE = np.stack([tone(), -tone()], axis=1)

# Name of the row, name of the file, how to make it, what is told, duration in the manifest.
UNUSABLE = [
    pytest.param("a.wav", lambda p: p.write_bytes(b""), "empty file", {}, id="row-01-empty"),
    pytest.param("a.wav", _samples(np.zeros(0)), "no samples", {}, id="row-02-header-only"),
    pytest.param("a.flac", _samples(np.zeros(0), subtype="PCM_16"), "no samples|empty file", {},
                 id="row-02-no-samples-flac"),
    pytest.param("a.wav", lambda p: p.write_bytes(b"RIFF$\0\0\0WAVEfmt \x10\0\0\0"), "not audio",
                 {}, id="row-03-half-a-header"),
    pytest.param("a.wav", _cut(write_tone, 0.5), "truncated", {}, id="row-04-half-a-wav"),
    pytest.param("a.aiff", _cut(write_tone, 0.5), "truncated", {}, id="row-04-half-an-aiff"),
    pytest.param("a.wav", _cut(write_tone, 0.5), "truncated", {"duration": 1.0},
                 id="row-04-half-a-wav-with-a-duration"),
    pytest.param("a.mp3", _cut(write_tone, 0.5), "said to last|truncated", {"duration": 1.0},
                 id="row-05-half-an-mp3"),
    pytest.param("a.ogg", _cut(_noise, 0.5), "no samples|truncated|not audio", {},
                 id="row-06-half-an-ogg"),
    pytest.param("a.flac", _cut(_noise, 0.5), "damaged audio|truncated", {},
                 id="row-07-half-a-flac"),
    pytest.param("a.flac", _rotten, "damaged audio|truncated", {}, id="row-07-rotten-flac"),
    pytest.param("a.flac", _many_samples, "claims 68719476735 samples, more than", {},
                 id="row-09-flac-of-2-to-36-samples"),
    pytest.param("a.wav", lambda p: _mono_header(p, 2**31 - 1), "sample rate 2147483647 Hz", {},
                 id="row-10-two-gigahertz"),
    pytest.param("a.wav", lambda p: _mono_header(p, 1), "sample rate 1 Hz", {},
                 id="row-10-one-hertz"),
    pytest.param("a.wav", lambda p: _mono_header(p, RATE, channels=0), "not audio", {},
                 id="row-11-no-channels"),
    pytest.param("a.wav", lambda p: _mono_header(p, 0), "not audio|sample rate 0", {},
                 id="row-11-no-rate"),
    pytest.param("a.wav", _samples(_with(tone(), 5, np.nan)), "not finite", {},
                 id="row-12-one-nan"),
    pytest.param("a.wav", _samples(np.full(RATE, np.nan)), "not finite", {}, id="row-12-all-nan"),
    pytest.param("a.wav", _samples(_with(tone(), 5, np.inf)), "not finite", {},
                 id="row-12-infinity"),
    pytest.param("a.wav", _samples(ANTIPHASE), "silent once its 2 channels are mixed", {},
                 id="row-19-antiphase"),
    pytest.param("a.wav", _samples(ANTIPHASE, subtype="PCM_16"), "silent once its 2 channels", {},
                 id="row-19-antiphase-16-bit"),
    pytest.param("a.m4a", lambda p: p.write_bytes(b"\0\0\0\x20ftypM4A \0\0\0\0" + bytes(99)),
                 "ffmpeg -i", {}, id="row-26-m4a"),
    pytest.param("a.wav", _page, "web page", {}, id="row-28-web-page"),
    pytest.param("a.wav", _pointer, "git lfs pull", {}, id="row-28-git-lfs-pointer"),
    pytest.param("a.wav", lambda p: p.write_bytes(NOISE.bytes(5000)), "not audio that can be read",
                 {}, id="row-29-random-bytes"),
    pytest.param("a.raw", lambda p: p.write_bytes(NOISE.bytes(5000)), "not audio", {},
                 id="row-30-raw"),
    pytest.param("a.wav", lambda p: p.mkdir(), "is a directory", {}, id="row-31-directory"),
    pytest.param("a.wav", lambda p: os.mkfifo(p), "not a regular file", {}, id="row-32-fifo"),
    pytest.param("a.wav", lambda p: None, "No such file", {}, id="row-34-missing"),
    pytest.param("a.wav", lambda p: p.symlink_to("gone.wav"), "No such file", {},
                 id="row-34-dangling-link"),
    pytest.param("a.wav", lambda p: p.symlink_to(p.name), "levels of symbolic links", {},
                 id="row-34-loop-of-links"),
    pytest.param("a.WAV", lambda p: write_tone(p.with_name("A.wav")), "did you mean A.wav?", {},
                 id="row-34-wrong-case"),
    pytest.param("a.wav", write_tone, "said to last 9 s, but the file holds 1.00 s",
                 {"duration": 9.0}, id="row-40-manifest-says-nine-seconds"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "make", "message", "more"), UNUSABLE)
def test_a_clip_that_cannot_be_used_is_named_with_its_reason(
    faults, run: Run, bundle: Path, tmp_path: Path, name, make, message, more
) -> None:
    make(tmp_path / name)

    [(kind, reason)] = faults({"audio_filepath": name, "text": "a", **more})
    one_line = refused(run("transcribe", bundle, tmp_path / name)) if not more else ""

    assert kind == "unusable"
    assert any(part in reason for part in message.split("|")), reason
    assert not one_line or str(tmp_path / name) in one_line


# Name of the file, how to make it, the note that `asr check --decode` makes of it.
ODD = [
    pytest.param("a.wav", _patched(write_tone, (4, b"\xff" * 4), (40, b"\xff" * 4)),
                 "does not know its size; read as 1.00 s", id="row-08-claims-4-gb"),
    pytest.param("a.wav", _samples(18 * tone()), "samples up to 9, beyond full scale",
                 id="row-13-loud-floats"),
    pytest.param("a.wav", _samples(np.zeros(RATE)), "every sample is zero", id="row-14-silence"),
    pytest.param("a.wav", _samples(np.full(RATE, 0.25)), "a constant offset of 0.25",
                 id="row-15-dc-only"),
    pytest.param("a.wav", _samples(tone() + 0.1), "a constant offset of 0.1",
                 id="row-15-dc-offset"),
    pytest.param("a.wav", _samples(np.clip(9 * tone(), -1, 1), subtype="PCM_16"),
                 "at full scale: clipped", id="row-16-clipped"),
    pytest.param("a.wav", _samples(tone() * 10 ** (-90 / 20)), "quiet, no sample above",
                 id="row-17-quiet"),
    pytest.param("a.wav", _samples(np.stack([tone(), 0 * tone()], 1)), "channel 1 of 2 is silent",
                 id="row-20-dead-channel"),
    pytest.param("a.wav", lambda p: write_tone(p, format="FLAC"), "named .wav, but holds FLAC",
                 id="row-27-flac-named-wav"),
    pytest.param("a.wav", lambda p: write_tone(p, format="MP3"), "named .wav, but holds MP3",
                 id="row-27-mp3-named-wav"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "make", "message"), ODD)
def test_what_is_odd_is_noted_and_used(
    faults, run: Run, bundle: Path, tmp_path, name, make, message
):
    make(tmp_path / name)

    found = faults({"audio_filepath": name, "text": "a"})

    assert {kind for kind, _ in found} <= {"odd", "silent"}
    assert any(message in reason for _, reason in found), found
    assert run("transcribe", bundle, tmp_path / name).status == 0


def _format(suffix: str, subtype: str | None = None, kind: str | None = None, rate: int = RATE):
    def make(folder: Path) -> Path:
        path = folder / f"a.{suffix}"
        soundfile.write(path, tone(rate), rate, subtype=subtype, format=kind)
        return path

    return make


FINE = [
    pytest.param(_format("wav", "PCM_24"), id="row-22-24-bit"),
    pytest.param(_format("wav", "PCM_32"), id="row-22-32-bit"),
    pytest.param(_format("wav", "FLOAT"), id="row-22-float"),
    pytest.param(_format("wav", "DOUBLE"), id="row-22-double"),
    pytest.param(_format("wav", "PCM_U8"), id="row-22-unsigned-8-bit"),
    pytest.param(_format("wav", "ULAW"), id="row-22-mu-law"),
    pytest.param(_format("aiff"), id="row-22-aiff"),
    pytest.param(_format("au"), id="row-22-au"),
    pytest.param(_format("w64", kind="W64"), id="row-22-w64"),
    pytest.param(_format("wav", kind="RF64"), id="row-22-rf64"),
    pytest.param(_format("wav", kind="WAVEX"), id="row-22-wavex"),
    pytest.param(_format("wav", "IMA_ADPCM"), id="row-23-ima-adpcm"),
    pytest.param(_format("opus", "OPUS", "OGG"), id="row-24-opus"),
    pytest.param(_format("mp3"), id="row-25-mp3"),
    pytest.param(_format("wav", rate=44100), id="row-21-44100-hz"),
    pytest.param(_format("wav", rate=48000), id="row-21-48000-hz"),
]


@pytest.mark.parametrize("make", FINE)
def test_formats_and_rates_give_the_same_second_of_sound(faults, tmp_path: Path, make) -> None:
    path = make(tmp_path)
    assert faults({"audio_filepath": path.name, "text": "a", "duration": 1.0}) == []
    assert read_audio(path, RATE).shape[1] == pytest.approx(RATE, abs=0.15 * RATE)
    spectrum = np.abs(np.fft.rfft(read_audio(path, RATE)[0, :RATE], n=RATE))
    assert spectrum.argmax() == pytest.approx(440, abs=4)


def test_row_18_numbers_too_small_to_be_normal_become_zero(tmp_path: Path) -> None:
    _samples(_with(np.full(100, 1e-42), 0, 0.5))(tmp_path / "a.wav")
    waveform = read_audio(tmp_path / "a.wav", RATE)
    assert waveform[0, 0] == 0.5
    assert not waveform[0, 1:].any()


def test_row_20_six_channels_are_mixed_and_one_that_is_not_there_is_named(
    run: Run, bundle: Path, tmp_path: Path
) -> None:
    _samples(np.stack([tone()] * 6, axis=1))(tmp_path / "a.wav")
    assert run("transcribe", bundle, tmp_path / "a.wav").status == 0
    assert run("transcribe", bundle, tmp_path / "a.wav", "--channel", 5).status == 0
    refused(run("transcribe", bundle, tmp_path / "a.wav", "--channel", 6), "no channel 6")


def test_row_21_clips_below_the_rate_of_the_model_are_counted(
    faults, bundle: Path, tmp_path: Path
) -> None:
    write_tone(tmp_path / "a.wav", rate=4000)
    found = faults({"audio_filepath": "a.wav", "text": "a"}, "--model", bundle)
    assert ("odd", "1 clips are upsampled to the model's 8000 Hz") in found


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/dev/zero", id="row-33-endless-device"),
        pytest.param("/etc/passwd", id="row-33-system-file"),
        pytest.param("/proc/self/environ", id="row-33-environment"),
        pytest.param("../outside.wav", id="row-33-parent-folder"),
        pytest.param("x/../../outside.wav", id="row-33-parent-folder-within"),
        pytest.param("link.wav", id="row-33-link-that-leads-out"),
        pytest.param("folder/outside.wav", id="row-33-linked-folder-that-leads-out"),
    ],
)
def test_a_path_that_leads_out_is_malformed(run: Run, tmp_path: Path, path: str) -> None:
    write_tone(tmp_path / "outside.wav")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.wav").symlink_to("../outside.wav")
    (inside / "folder").symlink_to("..")
    file = write_rows(inside / "m.jsonl", {"audio_filepath": path, "text": "a"})

    line = refused(run("check", "--manifest", file), "m.jsonl:1: audio_filepath: ")

    assert "leads out of" in line or "folder of the system" in line
    if not path.startswith("/"):
        widened = run("check", "--manifest", file, "--root", tmp_path)
        assert widened.status == (2 if path.startswith("x/") else 0)  # there is no x to go out of
        assert "leads out of" not in widened.printed + widened.errors
        assert "corpus.roots" in line


def test_row_33_roots_hold_for_absolute_paths_too(run: Run, tmp_path: Path) -> None:
    write_tone(tmp_path / "outside.wav")
    (tmp_path / "inside").mkdir()
    row = {"audio_filepath": str(tmp_path / "outside.wav"), "text": "a"}
    file = write_rows(tmp_path / "inside" / "m.jsonl", row)
    assert run("check", "--manifest", file).status == 0
    refused(run("check", "--manifest", file, "--root", tmp_path / "inside"), "leads out of")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param("a\0.wav", "is no path", id="row-34-nul-in-a-path"),
        pytest.param("", "is no path", id="row-34-empty-path"),
    ],
)
def test_a_path_that_is_none_is_malformed(faults, path: str, message: str) -> None:
    [(kind, reason)] = faults({"audio_filepath": path, "text": "a"})
    assert kind == "malformed"
    assert message in reason


def test_row_34_a_nul_in_a_path_reaches_no_system_call() -> None:
    with pytest.raises(AudioError, match="null byte"):
        audio_info(Path("a\0.wav"))


def test_row_35_a_file_without_permission_is_named(tmp_path: Path, monkeypatch) -> None:
    path = write_tone(tmp_path / "a.wav")
    if os.geteuid() == 0:  # who may read everything

        def denied(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied", str(path))

        monkeypatch.setattr("asr.data.audio.soundfile.SoundFile", _fails)
        monkeypatch.setattr(Path, "open", denied)
    path.chmod(0)
    with pytest.raises(AudioError, match="Permission denied; check the permissions"):
        audio_info(path)


def _fails(_: object) -> None:
    raise soundfile.LibsndfileError(2)


STRANGE_NAMES = [
    "with space.wav", "ünïcödé.wav", "עברית.wav", "🎵.wav", "e\u0301.wav", "-rf.wav", "it's.wav",
    '"q".wav', "$(touch x).wav", "%41.wav", "back\\slash.wav", "new\nline.wav", "n" * 236 + ".wav",
    "[0].wav", "{now}.wav", "${x}.wav", "a,b=c.wav",
]  # fmt: skip


@pytest.mark.parametrize(
    "name", [pytest.param(n, id=f"row-36-{i}") for i, n in enumerate(STRANGE_NAMES)]
)
def test_a_strange_name_is_a_name(faults, run: Run, bundle: Path, tmp_path: Path, name) -> None:
    write_tone(tmp_path / name)
    assert faults({"audio_filepath": name, "text": "a"}) == []
    outcome = run("transcribe", bundle, tmp_path / name, "--format", "json")
    assert outcome.status == 0
    assert run("transcribe", bundle, tmp_path / name, tmp_path / name).status == 0


def test_row_36_an_override_that_needs_quotes_says_so(run: Run) -> None:
    refused(run("describe", "data_root=a b,=c"), "quote")


def test_row_37_a_name_that_is_not_utf_8_is_skipped_or_read(
    run: Run, bundle: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "train" / "yes"
    folder.mkdir(parents=True)
    write_tone(folder / "good.wav")
    bad = Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.wav"))
    shutil.copy(folder / "good.wav", bad)

    checked = run("check", "--corpus", "folders", "--root", tmp_path, "--split", "train", "--json")
    heard = run("transcribe", bundle, bad, "--format", "json", "--output", tmp_path / "o.json")
    named = run("transcribe", bundle, folder)

    assert checked.status == 2  # for half of the clips cannot be used
    assert "its name is not UTF-8" in checked.printed
    assert heard.status == 0
    assert named.status == 0


@pytest.mark.parametrize("samples", [pytest.param(1, id="row-38-one-sample"),
                                     pytest.param(80, id="row-38-ten-ms")])  # fmt: skip
def test_a_clip_shorter_than_the_model_hears_is_named(
    faults, run: Run, bundle: Path, tmp_path: Path, samples: int
) -> None:
    _samples(tone()[:samples])(tmp_path / "a.wav")
    found = faults({"audio_filepath": "a.wav", "text": "a b c"}, "--model", bundle)
    assert any(kind in ("infeasible", "unusable") for kind, _ in found)
    assert run("transcribe", bundle, tmp_path / "a.wav").status in (0, 2)


def test_row_39_a_long_clip_is_skipped_in_training_and_cut_in_transcription(
    run: Run, bundle: Path, tmp_path: Path
) -> None:
    path = write_tone(tmp_path / "long.wav", seconds=130)
    [skipped] = Index.of([Utterance("long", path)], longest=35).skipped
    assert "lasts 130 s, outside 0 to 35 s" in skipped.reason
    assert run("transcribe", bundle, path, "--chunk", 10).status == 0


def test_row_40_a_file_that_goes_on_after_its_duration_is_noted(faults, tmp_path: Path) -> None:
    write_tone(tmp_path / "a.wav", seconds=9)
    found = faults({"audio_filepath": "a.wav", "text": "a", "duration": 1.0})
    assert found == [("odd", "the file goes on for 8.00 s after the duration")]


def test_row_41_torchaudio_reads_no_audio() -> None:
    source = Path(__file__).parents[2] / "src"
    for path in source.rglob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text("utf-8")))
        calls = [node.func for node in nodes if isinstance(node, ast.Call)]
        assert not {"torchaudio.load", "torchaudio.info"} & set(map(ast.unparse, calls)), path
