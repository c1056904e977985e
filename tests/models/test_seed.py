"""The model that the project began with, held against its definition."""

import torch
from torch import nn

from asr.assemble import assemble
from asr.compose import compose
from asr.padded import pad
from asr.text.units import Units


def test_its_first_two_layers_are_the_definition() -> None:
    seed = assemble(compose(["model=seed"]), Units("character", units="ab")).model.eval()
    definition = nn.Sequential(
        nn.Conv1d(1, 32, 3, stride=1, padding=1), nn.ReLU(), nn.MaxPool1d(2),
        nn.Conv1d(32, 64, 7, stride=1, padding=3), nn.ReLU(), nn.MaxPool1d(2),
    )  # fmt: skip
    first, second = list(seed.encoder)[:2]  # type: ignore[call-overload]
    ours = [*first.parameters(), *second.parameters()]
    assert [p.shape for p in ours] == [p.shape for p in definition.parameters()]
    with torch.no_grad():
        for theirs, mine in zip(definition.parameters(), ours, strict=True):
            theirs.copy_(mine)

    waveforms = pad([torch.randn(1, 16000)])
    features = seed.features(waveforms)

    torch.testing.assert_close(second(first(features)).values, definition(features.values))


def test_alone_the_two_hear_eighteen_samples_four_thousand_times_a_second() -> None:
    config = compose(["model=seed"])
    config["model"]["blocks"] = config["model"]["blocks"][:2]
    model = assemble(config, Units("character", units="ab")).model
    assert model.encoder.span.receptive_field == 18
    assert 16000 / model.encoder.span.stride == 4000


def test_the_further_pairs_bring_a_usable_frame_rate() -> None:
    model = assemble(compose(["model=seed"]), Units("character", units="ab")).model
    assert model.hop_ms == 16
    assert 1000 * model.span.receptive_field / model.sample_rate > 180
