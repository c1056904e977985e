from pathlib import Path

import pytest
import torch
from torch import nn

from asr.bundle import save_bundle
from asr.evaluation.describe import describe
from asr.evaluation.tally import Tally
from asr.evaluation.untrained import untrained
from asr.models.acoustic import AcousticModel
from asr.padded import Padded
from asr.span import Length, Span

SMALL = [
    "features=waveform",
    "features.sample_rate=1000",
    "features.normalize=none",
    "model.every={norm: batch, residual: false}",
    "model.blocks=[{channels: 3, kernels: [5], pool: {kind: max, kernel: 2}}]",
]


class Image(nn.Module):
    """A guest that takes frames for an image, and each of them for a vector."""

    span = Span(1, 1)
    out_channels = 6

    def __init__(self) -> None:
        super().__init__()
        self.image = nn.Conv2d(1, 2, 3, padding=1, bias=False)  # 2 x 1 x 3 x 3
        self.frame = nn.Linear(8, 6, bias=False)

    def output_length(self, length: Length) -> Length:
        return length

    def forward(self, x: Padded) -> Padded:
        stacked = self.image(x.values[:, None]).flatten(1, 2)  # (batch, 2 * 4, time)
        return x._replace(values=self.frame(stacked.transpose(1, 2)).transpose(1, 2))


def test_convolutions_of_images_and_linear_maps_are_counted() -> None:
    model = untrained(["features.bins=4"]).recognizer.model
    head = untrained(["model.blocks=[{channels: 6}]"]).recognizer.model.head
    whole = AcousticModel(model.features, Image(), head).eval()  # type: ignore[arg-type]
    tally = Tally()

    tally.run(whole, 1600)  # 11 frames

    frames = 11
    assert tally.macs(whole.encoder.image) == 2 * 4 * frames * 9  # type: ignore[attr-defined]
    assert tally.macs(whole.encoder.frame) == frames * 8 * 6  # type: ignore[attr-defined]
    assert tally.macs(whole.encoder) == frames * (2 * 4 * 9 + 8 * 6)  # type: ignore[arg-type]


def test_traffic_is_that_of_a_hand() -> None:
    description = describe(untrained(SMALL, 7).recognizer.model, 0.2)
    traffic = {layer.name: layer.traffic for layer in description.layers}

    samples = 200
    assert traffic == {
        "features": 4 * (1 + 1) * samples,
        "encoder.0.units.0.0": 4 * ((1 + 3) * samples + 3 * 5),
        "encoder.0.units.0.1": 4 * ((3 + 3) * samples + 4 * 3),  # two learnt, two running
        "encoder.0.units.0.2": 4 * (3 + 3) * samples,
        "encoder.0.pool": 4 * (3 * samples + 3 * samples // 2),
        "head": 4 * ((3 + 7) * samples // 2 + 7 * 3 + 7),
    }
    assert description.bytes_per_second == pytest.approx(sum(traffic.values()) / 0.2)


def test_weights_are_read_once_however_long_the_input() -> None:
    model = untrained(SMALL, 7).recognizer.model
    weights = sum(4 * tensor.numel() for tensor in model.state_dict().values())

    short, long = describe(model, 1.0), describe(model, 2.0)

    assert short.bytes_per_second - long.bytes_per_second == pytest.approx(weights / 2)


def test_the_size_of_the_weights_is_that_of_the_bundle(tmp_path: Path) -> None:
    recognizer = untrained([]).recognizer
    path = tmp_path / "model.safetensors"
    save_bundle(path, recognizer, {})
    header = 8 + int.from_bytes(path.read_bytes()[:8], "little")

    stated = describe(recognizer.model).weights_bytes

    assert stated == path.stat().st_size - header


def test_a_layer_that_runs_twice_is_counted_twice() -> None:
    model = untrained(SMALL, 7).recognizer.model.eval()
    once, twice = Tally(), Tally()

    once.run(model, 100)
    twice.run(model, 100)
    twice.run(model, 100)

    assert twice.macs(model) == 2 * once.macs(model)
    assert torch.tensor([once.shape(model.head)]).equal(torch.tensor([twice.shape(model.head)]))
