"""What every model in configs/model must do; a new file there is tested without being named."""

from pathlib import Path

import pytest
import torch

from asr.assemble import Recognizer, assemble
from asr.compose import CONFIGS, compose
from asr.config import build, locate
from asr.models.acoustic import AcousticModel
from asr.models.folding import folded
from asr.padded import Padded, pad
from asr.span import shortest_input
from asr.tasks.ctc import CTC
from asr.text.labels import Labels
from asr.text.units import Units
from asr.text.vocabulary import Vocabulary

MODELS = sorted(path.stem for path in Path(CONFIGS).glob("model/*.yaml"))
SMALL, LARGE = 4_000_000, 60_000_000  # parameters; of large ones no values are computed


def made(name: str) -> Recognizer:
    config = compose([f"model={name}"])
    ctc = issubclass(locate(config["task"]["_target_"]), CTC)
    vocabulary: Vocabulary = Units("character", units="abc ") if ctc else Labels(["a", "b", "c"])
    return assemble(config, vocabulary)


@pytest.fixture(params=MODELS, scope="module")
def model(request: pytest.FixtureRequest) -> AcousticModel:
    made_model = made(request.param).model
    with torch.no_grad():  # fresh statistics would hide what normalisation does
        for name, buffer in made_model.named_buffers():
            if name.endswith("running_mean"):
                buffer.normal_()
            elif name.endswith("running_var"):
                buffer.uniform_(0.5, 2)
    return made_model.eval()


@pytest.mark.parametrize("name", MODELS)
def test_the_stated_length_is_the_length(name: str) -> None:
    """In full for small models; large ones only at as many lengths as it takes to see a stride."""
    with torch.device("meta"):
        encoder = made(name).model.eval().encoder
    size = sum(p.numel() for p in encoder.parameters())  # type: ignore[attr-defined]
    if size < LARGE:
        encoder = made(name).model.eval().encoder
    channels = build(compose([f"model={name}"])["features"]).out_channels
    shortest = shortest_input(encoder)
    lengths = range(shortest, shortest + (70 if size < SMALL else 10))
    for length in [*lengths, shortest + 1000]:
        with torch.inference_mode(), torch.device("cpu" if size < LARGE else "meta"):
            y = encoder(Padded(torch.randn(1, channels, length), torch.tensor([length])))
        assert y.values.shape == (1, encoder.out_channels, encoder.output_length(length))
        if size < LARGE:
            assert y.lengths.tolist() == [encoder.output_length(length)]


@pytest.mark.parametrize("name", MODELS)
def test_lengths_of_a_batch_are_those_of_its_utterances(name: str) -> None:
    with torch.device("meta"):
        encoder = made(name).model.encoder
    lengths = torch.arange(0, shortest_input(encoder) + 300)
    of_batch = encoder.output_length(lengths).tolist()
    assert of_batch == [encoder.output_length(int(length)) for length in lengths]
    assert of_batch[0] == 0


@torch.inference_mode()
def test_the_stated_frames_are_the_frames_of_a_waveform(model: AcousticModel) -> None:
    for samples in (12800, 16001):
        frames = model.encoder(model.features(pad([torch.randn(1, samples)])))
        assert frames.values.shape[-1] == model.frames(samples) == frames.lengths.item()


@torch.inference_mode()
def test_an_utterance_has_the_same_logits_alone_and_in_a_batch(model: AcousticModel) -> None:
    waveforms = [torch.randn(1, samples) / 10 for samples in (9000, 15000, 12345)]
    together = model(pad(waveforms, float("nan")))
    for row, waveform in enumerate(waveforms):
        alone = model(pad([waveform]))
        frames = int(alone.lengths[0])
        assert int(together.lengths[row]) == frames
        torch.testing.assert_close(
            together.values[row, :, :frames], alone.values[0], rtol=1e-5, atol=1e-5
        )


@torch.inference_mode()
def test_a_folded_model_computes_the_same(model: AcousticModel) -> None:
    x = pad([torch.randn(1, samples) / 10 for samples in (9000, 15000)])
    plain = model(x).zeroed().values
    found = folded(model)(x).zeroed().values
    scale = plain.abs().max()
    torch.testing.assert_close(found / scale, plain / scale, rtol=0, atol=1e-4)


def test_every_parameter_gets_a_gradient(model: AcousticModel) -> None:
    model.train()
    waveforms = pad([torch.randn(1, 12000), torch.randn(1, 9000)])
    logits = model(waveforms, torch.tensor([1, 2]))
    logits.values.square().sum().backward()
    starved = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    model.zero_grad(set_to_none=True)
    model.eval()
    assert starved == []
