import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from torchaudio.datasets import SPEECHCOMMANDS

from asr.data.corpora.speech_commands import SpeechCommands

SCRIPT = Path(__file__).parents[3] / "scripts" / "speech_commands_layout.py"
Run = Callable[..., int]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    spec = importlib.util.spec_from_file_location("speech_commands_layout", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def main(*arguments: object) -> int:
        monkeypatch.setattr("sys.argv", [str(SCRIPT), *map(str, arguments)])
        return int(module.main())

    return main


def write(folder: Path, **change: str) -> Path:
    soundfile.write(folder / "clip.flac", [0.0] * 800, 8_000)
    rows = [
        {"audio_filepath": "clip.flac", "id": f"{split}{number}", "label": "bed",
         "speaker": f"{split}speaker", "split": split, **change}
        for split in ("train", "dev", "test")
        for number in (0, 1)
    ]  # fmt: skip
    manifest = folder / "manifest.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return manifest


def test_a_manifest_becomes_a_tree_that_torchaudio_reads(run: Run, tmp_path: Path) -> None:
    assert run(write(tmp_path), tmp_path / "out") == 0

    clips = list(SpeechCommands(str(tmp_path / "out"), download=False).utterances("val"))
    assert [clip.id for clip in clips] == ["bed/devspeaker_nohash_0", "bed/devspeaker_nohash_1"]
    assert soundfile.info(clips[0].path).samplerate == 16_000
    assert len(SPEECHCOMMANDS(tmp_path / "out", subset="training")) == 2


@pytest.mark.parametrize("change", [{"label": "../bed"}, {"speaker": ""}, {"split": "eval"}])
def test_a_manifest_that_makes_no_tree_is_one_line_and_status_2(
    change: dict[str, str], run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(write(tmp_path, **change), tmp_path / "out") == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_tree_that_is_there_is_not_written_over(run: Run, tmp_path: Path) -> None:
    manifest = write(tmp_path)
    assert run(manifest, tmp_path / "out") == 0
    assert run(manifest, tmp_path / "out") == 2
