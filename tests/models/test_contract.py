"""What every model in configs/model must do; a new file there is tested without being named."""

from pathlib import Path

import pytest
import torch

from asr.assemble import assemble
from asr.compose import CONFIGS, compose
from asr.models.acoustic import AcousticModel
from asr.padded import Padded, pad
from asr.span import shortest_input
from asr.text.units import Units

MODELS = sorted(path.stem for path in Path(CONFIGS).glob("model/*.yaml"))


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> AcousticModel:
    made = assemble(compose([f"model={request.param}"]), Units("character", units="abc ")).model
    with torch.no_grad():  # fresh statistics would hide what normalisation does
        for name, buffer in made.named_buffers():
            if name.endswith("running_mean"):
                buffer.normal_()
    return made.eval()


def test_the_stated_length_is_the_length(model: AcousticModel) -> None:
    channels = model.features.out_channels
    for length in [*range(1, 70), 200, 257, 1000]:
        y = model.encoder(Padded(torch.randn(1, channels, length), torch.tensor([length])))
        assert y.values.shape == (
            1, model.encoder.out_channels, model.encoder.output_length(length)
        )  # fmt: skip
        assert y.lengths.tolist() == [model.encoder.output_length(length)]


def test_the_stated_frames_are_the_frames_of_a_waveform(model: AcousticModel) -> None:
    shortest = shortest_input(model.encoder)
    for samples in [max(1600, shortest), 4321, 16000, 23456]:
        logits = model(pad([torch.randn(1, samples)]))
        assert logits.values.shape[-1] == model.frames(samples) == logits.lengths.item()


def test_an_utterance_has_the_same_logits_alone_and_in_a_batch(model: AcousticModel) -> None:
    waveforms = [torch.randn(1, samples) / 10 for samples in (9000, 16000, 3210, 12345)]
    together = model(pad(waveforms, float("nan")))
    for row, waveform in enumerate(waveforms):
        alone = model(pad([waveform]))
        frames = int(alone.lengths[0])
        assert int(together.lengths[row]) == frames
        torch.testing.assert_close(
            together.values[row, :, :frames], alone.values[0], rtol=1e-5, atol=1e-5
        )


def test_every_parameter_gets_a_gradient(model: AcousticModel) -> None:
    model.train()
    waveforms = pad([torch.randn(1, 16000), torch.randn(1, 9000)])
    logits = model(waveforms, torch.tensor([1, 2]))
    logits.values.square().sum().backward()
    starved = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert starved == []
