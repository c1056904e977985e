"""Manifests written here by hand, and where Lhotse is installed by Lhotse itself."""

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from asr.data.batch import Example
from asr.data.corpora.lhotse import Lhotse
from asr.data.dataset import SpeechDataset
from asr.data.index import Index
from asr.data.utterance import Utterance
from asr.errors import InputError
from asr.text.units import Units

RATE = 8000


def _write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


@pytest.fixture
def stereo(tmp_path: Path) -> Path:
    """Two seconds; the left channel counts up, the right one down."""
    ramp = np.linspace(-0.5, 0.5, 2 * RATE)
    soundfile.write(tmp_path / "a.wav", np.stack([ramp, -ramp], axis=1), RATE)
    return tmp_path / "a.wav"


def _recording(path: Path, **changes: Any) -> dict[str, Any]:
    source = {"type": "file", "channels": [0, 1], "source": str(path)}
    return {
        "id": "a", "sources": [source], "sampling_rate": RATE, "num_samples": 2 * RATE,
        "duration": 2.0, "channel_ids": [0, 1], **changes,
    }  # fmt: skip


def _supervision(name: str, start: float = 0.0, **changes: Any) -> dict[str, Any]:
    return {
        "id": name, "recording_id": "a", "start": start, "duration": 0.5, "channel": 1,
        "text": f"text {name}", "speaker": "ann", "language": "en", "custom": {"mood": "glad"},
        **changes,
    }  # fmt: skip


def _cut(path: Path, **changes: Any) -> dict[str, Any]:
    return {
        "id": "cut", "start": 0.25, "duration": 1.0, "channel": 1,
        "supervisions": [_supervision("s")], "recording": _recording(path), "type": "MonoCut",
        **changes,
    }  # fmt: skip


def _of(tmp_path: Path, rows: list[dict[str, Any]], **how: Any) -> list[Utterance]:
    _write(tmp_path / "cuts.jsonl", rows)
    return list(Lhotse(str(tmp_path), train=["cuts.jsonl"], **how).utterances("train"))


def test_a_cut_is_an_utterance(tmp_path: Path, stereo: Path) -> None:
    [found] = _of(tmp_path, [_cut(stereo)])
    assert found == Utterance(
        "cut", stereo, text="text s", speaker="ann", offset=0.25, seconds=1.0, channel=1,
        extras={"language": "en", "recording_id": "a", "mood": "glad"},
        line=f"{tmp_path / 'cuts.jsonl'}:1",
    )  # fmt: skip


def test_a_cut_of_several_supervisions_is_parted_at_its_edges(tmp_path: Path, stereo: Path) -> None:
    supervisions = [_supervision("one", -0.25), _supervision("two", 0.25), _supervision("3", 0.75)]
    found = _of(tmp_path, [_cut(stereo, supervisions=supervisions)])
    assert [(u.id, u.offset, u.seconds) for u in found] == [
        ("cut-one", 0.25, 0.25), ("cut-two", 0.5, 0.5), ("cut-3", 1.0, 0.25),
    ]  # fmt: skip


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz"])
def test_supervisions_find_their_recordings(tmp_path: Path, stereo: Path, ending: str) -> None:
    _write(tmp_path / f"x_recordings_dev{ending}", [_recording(stereo)])
    name = f"x_supervisions_dev{ending}"
    _write(tmp_path / name, [_supervision("one"), _supervision("two", 1.0)])
    found = list(Lhotse(str(tmp_path), val=[name]).utterances("val"))
    assert [(u.id, u.offset, u.seconds, u.channel, u.path) for u in found] == [
        ("one", 0.0, 0.5, 1, stereo), ("two", 1.0, 0.5, 1, stereo),
    ]  # fmt: skip


@pytest.mark.parametrize("channel", [0, 1])
def test_only_the_channel_of_the_cut_is_heard(tmp_path: Path, stereo: Path, channel: int) -> None:
    index = Index.of(_of(tmp_path, [_cut(stereo, channel=channel)]))
    dataset = SpeechDataset(
        index, target=lambda u: u.text, vocabulary=Units("character", units=["t"]), sample_rate=RATE
    )
    example = dataset[0, 0]
    assert isinstance(example, Example)
    wanted = soundfile.read(stereo)[0][RATE // 4 : RATE // 4 + RATE, channel]
    np.testing.assert_allclose(example.waveform[0].numpy(), wanted, atol=2**-15)


def test_of_a_recording_in_several_files_that_of_the_channel_is_read(tmp_path, stereo) -> None:
    sources = [
        {"type": "file", "channels": [n], "source": str(tmp_path / f"{n}.wav")} for n in (0, 1)
    ]
    [found] = _of(tmp_path, [_cut(stereo, recording=_recording(stereo, sources=sources))])
    assert (found.path, found.channel) == (tmp_path / "1.wav", None)


def test_relative_audio_counts_from_the_folder_that_is_given(tmp_path: Path) -> None:
    rows = [_cut(Path("audio/a.wav"))]
    assert _of(tmp_path, rows, audio_root="/data")[0].path == Path("/data/audio/a.wav")
    assert _of(tmp_path, rows)[0].path == Path("audio/a.wav")


def test_a_field_of_the_supervision_can_be_the_label(tmp_path: Path, stereo: Path) -> None:
    labels = [
        [u.label for u in _of(tmp_path, [_cut(stereo)], label=label)]
        for label in ("language", "mood", None)
    ]
    assert labels == [["en"], ["glad"], [""]]


def _source(**changes: Any) -> dict[str, Any]:
    return {"type": "file", "channels": [0, 1], "source": "a.wav", **changes}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"recording": {"sources": [_source(type="command", source="touch {mark}")]}}, "not run"),
        ({"recording": {"sources": [_source(type="url", source="https://a.b")]}}, "an address"),
        ({"recording": {"sources": [_source(type="memory", source="x")]}}, "'memory'"),
        ({"recording": {"sources": [_source(type="shar")]}}, "Shar archive"),
        ({"recording": {"sources": [_source()], "transforms": [{"name": "Speed"}]}}, "by Speed"),
        ({"recording": {"sources": [_source(channels=[3])]}}, "channels [1] are not"),
        ({"recording": {}}, "'sources' is missing"),
        ({"recording": 7}, "'recording' is 7"),
        ({"type": "MixedCut"}, "several recordings"),
        ({"supervisions": []}, "no supervision"),
        ({"supervisions": ["x"]}, "no object"),
        ({"supervisions": [{"id": "s"}]}, "'start' is None"),
        ({"start": -1}, "'start' is -1 s"),
        ({"duration": 0}, "'duration' is 0 s"),
        ({"duration": "x"}, "'duration' is 'x'"),
        ({"channel": "left"}, "channel: 'left'"),
        ({"id": None}, "'id' is missing"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_nothing_is_run(tmp_path, stereo, changes, told):
    mark = tmp_path / "mark"
    row = json.loads(json.dumps(_cut(stereo, **changes)).replace("{mark}", str(mark)))
    with pytest.raises(InputError) as caught:
        _of(tmp_path, [row])
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'cuts.jsonl'}:1: ")
    assert "\n" not in str(caught.value)
    assert not mark.exists()


def test_recordings_given_for_cuts_are_one_line(tmp_path: Path, stereo: Path) -> None:
    with pytest.raises(InputError, match="is no cut"):
        _of(tmp_path, [_recording(stereo)])


def test_what_is_missing_is_said_with_what_would_prepare_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cuts_train.jsonl.gz: not there; .*\.\[lhotse\]"):
        Lhotse(str(tmp_path)).prepare()


def _shar(folder: Path, names: list[str], members: dict[str, bytes]) -> Lhotse:
    source = {"type": "shar", "channels": [0], "source": ""}
    recording = {"id": "a", "sources": [source]}
    rows = [
        _cut(Path(), id=name, start=0, channel=0, recording=recording,
             supervisions=[_supervision("s", channel=0)])
        for name in names
    ]  # fmt: skip
    _write(folder / "shar" / "cuts.000000.jsonl.gz", rows)
    with tarfile.open(folder / "shar" / "recording.000000.tar", "w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return Lhotse(str(folder), train=["shar"])


def test_a_cut_of_shar_finds_its_audio_by_order_and_name(tmp_path: Path) -> None:
    members = {"a.b.flac": b"x", "a.b.json": b"{}", "c.nodata": b"", "c.nometa": b"",
               "d/e.wav": b"yy", "d/e.json": b"{}"}  # fmt: skip
    found = list(_shar(tmp_path, ["a.b", "c", "d/e"], members).utterances("train"))
    assert [(u.id, u.window and u.window.size, u.channel) for u in found] == [
        ("a.b", 1, None), ("d/e", 2, None),
    ]  # fmt: skip


@pytest.mark.parametrize("names", [["a", "b"], ["c", "b"], ["b"], ["b", "c", "d"]])
def test_shar_files_that_do_not_match_are_refused(tmp_path: Path, names: list[str]) -> None:
    members = {"b.flac": b"x", "b.json": b"{}", "c.flac": b"y", "c.json": b"{}"}
    with pytest.raises(InputError, match="export"):
        list(_shar(tmp_path, names, members).utterances("train"))


# What Lhotse writes, and what it would read of it.


@pytest.fixture
def cuts(tmp_path: Path, stereo: Path) -> Any:
    lhotse = pytest.importorskip("lhotse")
    soundfile.write(tmp_path / "b.flac", np.linspace(-0.3, 0.3, 3 * RATE), RATE)
    recordings = lhotse.RecordingSet.from_recordings(
        lhotse.Recording.from_file(path) for path in (stereo, tmp_path / "b.flac")
    )
    rows = [("s1", "a", 0.5, 1.0, 1), ("s2", "a", 0.0, 2.0, 0), ("s.3/x", "b", 1.25, 1.5, 0)]
    supervisions = lhotse.SupervisionSet.from_segments(
        lhotse.SupervisionSegment(
            name, recording, start, seconds, channel=channel, text=f"text {name}", speaker=name,
            custom={"n": channel},
        )
        for name, recording, start, seconds, channel in rows
    )  # fmt: skip
    recordings.to_file(tmp_path / "recordings.jsonl.gz")
    supervisions.to_file(tmp_path / "supervisions.jsonl.gz")
    whole = lhotse.CutSet.from_manifests(recordings, supervisions)
    return lhotse.CutSet.from_cuts(whole.trim_to_supervisions(keep_overlapping=False))


def _agree(corpus: Lhotse, cuts: Any) -> None:
    index = Index.of(corpus.utterances("train"))
    assert not list(index.skipped)
    dataset = SpeechDataset(
        index, target=lambda u: u.text, vocabulary=Units("character", units=["t"]), sample_rate=RATE
    )
    theirs = {cut.supervisions[0].id: cut for cut in cuts}
    assert len(theirs) == len(index) == 3
    for row, utterance in enumerate(index):
        cut = theirs[utterance.speaker]  # each supervision has its own
        assert utterance.text == cut.supervisions[0].text
        example = dataset[row, 0]
        assert isinstance(example, Example)
        np.testing.assert_allclose(example.waveform.numpy(), cut.load_audio(), atol=2**-14)


def test_cuts_are_read_as_lhotse_reads_them(tmp_path: Path, cuts: Any) -> None:
    cuts.to_file(tmp_path / "cuts.jsonl.gz")
    _agree(Lhotse(str(tmp_path), train=["cuts.jsonl.gz"]), cuts)


def test_recordings_and_supervisions_are_read_as_lhotse_reads_them(tmp_path, cuts) -> None:
    _agree(Lhotse(str(tmp_path), train=["supervisions.jsonl.gz"]), cuts)


@pytest.mark.parametrize("kind", ["wav", "flac", "original"])
def test_shar_is_read_as_lhotse_reads_it(tmp_path: Path, cuts: Any, kind: str) -> None:
    (tmp_path / "shar").mkdir()
    cuts.to_shar(tmp_path / "shar", {"recording": kind}, shard_size=2)
    _agree(Lhotse(str(tmp_path), train=["shar"]), cuts)
