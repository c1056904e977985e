"""Recognisers of tones, one of them trained for some seconds, and what they are tried on."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from asr.assemble import Recognizer, assemble
from asr.bundle import save_bundle
from asr.compose import compose
from asr.config import build
from asr.data.batch import Batch, collate
from asr.data.corpora.tones import Tones
from asr.data.dataset import SpeechDataset
from asr.data.index import Index
from asr.data.utterance import Utterance

SMALL = [
    "vocabulary=characters",
    "features.sample_rate=8000",
    "features.bins=32",
    "model.every.dropout=0.0",
    "model.blocks=[{channels: 32, pool: {kind: max, kernel: 2}}, {channels: 32}]",
]
SIZES = {"train": 32, "val": 4, "test": 12}


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a corpus of tones."""
    root = tmp_path_factory.mktemp("tones")
    _corpus(root).prepare()
    return root


@pytest.fixture(scope="session")
def bundle(tones: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that transcribes tones, with mistakes."""
    torch.manual_seed(1)
    config = compose([*SMALL, 'vocabulary.units=[" ",a,b,c]'])
    recognizer = _trained(assemble(config), tones, steps=20)
    path = tmp_path_factory.mktemp("ctc") / "model.safetensors"
    save_bundle(path, recognizer, {"test": {}})
    return path


@pytest.fixture(scope="session")
def labeller(tones: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that labels tones a or b, and has never heard of c."""
    torch.manual_seed(1)
    choices = ["task=classification", "vocabulary=labels", "vocabulary.units=[a,b]"]
    recognizer = assemble(compose([*SMALL, *choices]))
    recognizer.model.eval()
    path = tmp_path_factory.mktemp("labels") / "model.safetensors"
    save_bundle(path, recognizer, {"test": {}})
    return path


@pytest.fixture
def manifest(tones: Path, tmp_path: Path) -> Path:
    """The test split of the tones, as a manifest."""
    return write_manifest(tmp_path / "test.jsonl", [row(u) for u in spoken(tones)])


def spoken(tones: Path) -> list[Utterance]:
    return _corpus(tones).utterances("test")


def row(utterance: Utterance) -> dict[str, Any]:
    return {
        "id": utterance.id,
        "audio_filepath": str(utterance.path),
        "text": utterance.text,
        "label": utterance.label,
        "speaker": "tuning fork",
    }


def write_manifest(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(item) + "\n" for item in rows), "utf-8")
    return path


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def _corpus(root: Path) -> Tones:
    node = {"_target_": "asr.data.corpora.tones.Tones", "root": str(root), **SIZES}
    corpus: Tones = build(node)
    return corpus


def _trained(recognizer: Recognizer, tones: Path, steps: int) -> Recognizer:
    task, model = recognizer.task, recognizer.model
    dataset = SpeechDataset(
        Index.of(_corpus(tones).utterances("train")),
        target=task.target,
        vocabulary=recognizer.vocabulary,
        sample_rate=model.sample_rate,
    )
    batch = collate([dataset[row, 0] for row in range(len(dataset))])
    assert isinstance(batch, Batch)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(steps):
        optimizer.zero_grad()
        task.loss(model(batch.waveforms), batch).backward()
        optimizer.step()
    model.eval()
    return recognizer
