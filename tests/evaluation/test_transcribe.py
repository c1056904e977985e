from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from asr.bundle import load_model
from asr.evaluation import transcribe as module
from asr.evaluation.recognise import infer
from asr.evaluation.transcribe import Failure, Transcript, transcribe
from asr.models.folding import folded
from asr.padded import pad
from tests.tone_models import spoken


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def test_files_are_told_in_their_order_whatever_is_recognised_together(
    bundle: Path, tones: Path, tmp_path: Path, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BATCHES", 3)
    recognizer = load_model(bundle).recognizer
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no audio")
    files = [utterance.path for utterance in spoken(tones)]
    files = [*files[:5], broken, *files[5:], broken]

    heard = list(transcribe(recognizer, files, batch=2))

    assert [item.file for item in heard] == files
    assert [type(item) for item in heard].count(Failure) == 2
    for item in heard:
        if isinstance(item, Transcript):
            assert next(iter(transcribe(recognizer, [item.file]))) == item


def test_pieces_of_a_recording_stay_in_their_order(bundle: Path, tones: Path) -> None:
    recognizer = load_model(bundle).recognizer
    file = max((u.path for u in spoken(tones)), key=lambda path: path.stat().st_size)

    [cut] = transcribe(recognizer, [file], batch=1, longest=1.0, timed=True)
    [together] = transcribe(recognizer, [file], batch=8, longest=1.0, timed=True)

    assert isinstance(cut, Transcript)
    assert isinstance(together, Transcript)
    assert cut.text == together.text
    for word, same in zip(cut.words, together.words, strict=True):
        assert word[1:] == pytest.approx(same[1:], abs=1e-5)
    begins = [word.begin for word in cut.words]
    assert begins == sorted(begins)


def test_bf16_rounds_to_three_digits_and_gives_single_precision(bundle: Path) -> None:
    model = folded(load_model(bundle).recognizer.model)
    waveforms = pad([torch.randn(1, 8000), torch.randn(1, 6000)])

    full = infer(model, waveforms)
    half = infer(model, waveforms, bf16=True)

    assert half.values.dtype == torch.float32
    assert not torch.equal(half.values, full.values)
    scale = full.values.abs().max()
    assert (half.values - full.values).abs().max() < 0.03 * scale
