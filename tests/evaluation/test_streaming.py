from math import inf

import pytest
import torch
from torch import Tensor, nn

from asr.evaluation.streaming import Streaming, streaming
from asr.evaluation.untrained import untrained
from asr.layers.conv import TimeConv
from asr.layers.sequential import TimeSequential
from asr.models.acoustic import AcousticModel
from asr.padded import Padded
from asr.span import Length, Span

SMALL = ["features.sample_rate=4000", "model.every.kernels=[3]"]
BLOCKS = "model.blocks=[{channels: 4, pool: {kind: max, kernel: 2}}, {channels: 4, kernels: [5]}]"


def model_of(*overrides: str) -> AcousticModel:
    return untrained([*SMALL, BLOCKS, *overrides]).recognizer.model.eval()


def reasons(found: Streaming) -> dict[str, str]:
    return {obstacle.layer: obstacle.reason for obstacle in found.obstacles}


class Guest(nn.Module):
    """Any layer that answers for its span and for nothing else."""

    def __init__(self, left: float, right: float, reason: str | None = None) -> None:
        super().__init__()
        self.span = Span(left, right)
        self.out_channels = 4
        if reason is not None:
            self.streaming_obstacle = reason

    def output_length(self, length: Length) -> Length:
        return length

    def forward(self, x: Padded) -> Padded:
        return x


def with_guests(*guests: Guest) -> AcousticModel:
    model = model_of("features.normalize=none")
    encoder = TimeSequential(*guests)
    return AcousticModel(model.features, encoder, model.head)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "override",
    [
        "model.every.padding=same",
        "model.every={padding: causal, lookahead: 1}",
        "model.every={padding: causal}",
        "model.every.dilation=3",
        "features.normalize=global",
    ],
)
@torch.inference_mode()
def test_the_stated_delay_is_the_time_until_an_output_frame_is_settled(override: str) -> None:
    model = model_of("features=waveform", "features.normalize=none", override)
    delay_ms = streaming(model).delay_ms
    samples, hop = 120, model.span.stride
    waveform = torch.randn(1, 1, samples)

    def logits(changed: int | None) -> Tensor:
        heard = waveform.clone()
        if changed is not None:
            heard[..., changed:] = 100.0  # whatever is said from there on
        values: Tensor = model(Padded(heard, torch.tensor([samples]))).values
        return values

    delay, frame = round(delay_ms * model.sample_rate / 1000), 40 // hop
    settled = frame * hop + delay
    assert torch.equal(logits(settled + 1)[..., frame], logits(None)[..., frame])
    assert not torch.equal(logits(settled)[..., frame], logits(None)[..., frame])


def test_a_whole_utterance_is_told_with_its_reason() -> None:
    model = model_of(
        "task=classification", "vocabulary=labels", "model.every.padding_mode=circular"
    )

    found = streaming(model)

    assert not found.possible
    assert found.to_json()["delay_ms"] is None
    assert reasons(found) == {
        "features": "normalised over the whole utterance",
        "encoder.0.units.0.0": "circular padding from afar",
        "encoder.0.pool": "looks ahead",
        "encoder.1.units.0.0": "circular padding from afar",
        "head": "pooled over all frames",
    }


def test_without_normalisation_only_finite_waits_are_left() -> None:
    found = streaming(model_of("features.normalize=global"))

    assert found.possible
    assert set(reasons(found).values()) == {"looks ahead"}
    assert sum(obstacle.wait_ms for obstacle in found.obstacles) == pytest.approx(found.delay_ms)
    assert streaming(model_of()).local_ms == found.delay_ms


def test_a_layer_tells_its_own_reason_and_one_without_gets_a_plain_one() -> None:
    found = streaming(
        with_guests(
            Guest(inf, inf, "squeezes the whole utterance"),
            Guest(inf, inf),
            Guest(9, 0, "squeezes the whole utterance"),
            Guest(inf, 0),
        )
    )

    assert reasons(found) == {
        "features": "looks ahead",
        "encoder.0": "squeezes the whole utterance",
        "encoder.1": "needs the whole utterance",
        "encoder.3": "keeps all that came before",
    }


def test_a_past_without_end_delays_nothing() -> None:
    found = streaming(with_guests(Guest(inf, 0)))

    assert found.possible
    assert found.delay_ms == streaming(with_guests()).delay_ms


def test_many_layers_of_a_reason_are_counted_and_some_named() -> None:
    lines = list(streaming(with_guests(*(Guest(0, 1) for _ in range(9)))).lines())

    assert lines[1] == (
        "looks ahead: 10 layers: features, encoder.0, encoder.1, encoder.2, encoder.3, ..."
    )


def test_padding_within_the_window_is_no_obstacle() -> None:
    conv = TimeConv(1, 1, 3, padding_mode="reflect")

    assert conv.streaming_obstacle == ""
    assert TimeConv(1, 1, 3, padding=4, padding_mode="reflect").streaming_obstacle
