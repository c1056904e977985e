import pytest
import torch
from torch import nn

from asr.evaluation.describe import Description, describe
from asr.evaluation.description_text import to_text
from asr.evaluation.untrained import untrained
from asr.models.acoustic import AcousticModel
from asr.padded import Padded
from asr.span import shortest_input

# Linear throughout, so that a gradient shows all that is heard.
LINEAR = [
    "model=seed",
    "features.sample_rate=4000",
    "features.normalize=none",
    "model.every={padding: same, activation: none, norm: none, bias: true}",
    "model.blocks=[{channels: 3, kernels: [3], pool: {kind: average, kernel: 2}}, "
    "{channels: 4, kernels: [7], stride: 2, dilation: 2, residual: true}, "
    "{channels: 4, kernels: [5], padding: causal, lookahead: 1, separable: true}]",
]


def model_of(*overrides: str) -> AcousticModel:
    return untrained(overrides).recognizer.model


@pytest.fixture
def linear() -> AcousticModel:
    return model_of(*LINEAR)


def test_totals_are_those_of_the_model() -> None:
    model = model_of()

    description = describe(model)

    assert description.parameters == sum(p.numel() for p in model.parameters())
    assert sum(layer.parameters for layer in description.layers) == description.parameters
    assert description.span == model.span
    assert description.span.whole


def test_each_layer_hears_what_changes_it(linear: AcousticModel) -> None:
    samples = 400
    waveform = torch.randn(1, 1, samples, requires_grad=True)
    outputs: dict[str, Padded] = {}
    description = describe(linear, 0.1)
    for layer in description.layers:
        linear.get_submodule(layer.name).register_forward_hook(
            lambda _module, _input, output, name=layer.name: outputs.update({name: output})
        )
    linear.eval()(Padded(waveform, torch.tensor([samples])))

    for layer in description.layers[1:]:
        values = outputs[layer.name].values
        middle = values.shape[-1] // 2
        weights = torch.randn(values.shape[1])
        [gradient] = torch.autograd.grad(
            weights @ values[0, :, middle], waveform, retain_graph=True
        )
        heard = gradient[0, 0].nonzero().flatten()
        at = middle * layer.span.stride
        assert int(heard.min()) == at - layer.span.left, layer.name
        assert int(heard.max()) == at + layer.span.right, layer.name


def test_shapes_are_those_that_come_out_and_macs_those_of_a_hand(linear: AcousticModel) -> None:
    layers = {layer.name: layer for layer in describe(linear, 0.1).layers}  # 400 samples

    assert layers["encoder.0.units.0.0"].shape == (3, 400)
    assert layers["encoder.0.units.0.0"].macs == 400 * 3 * 1 * 3
    assert layers["encoder.0.pool"].shape == (3, 200)
    assert layers["encoder.1.units.0.0"].macs == 100 * 4 * 3 * 7
    assert layers["encoder.1.shortcuts.0.0"].macs == 100 * 4 * 3 * 1
    assert layers["encoder.2.units.0.0"].macs == 100 * 4 * 1 * 5  # a group for each channel
    assert layers["encoder.2.units.0.1"].macs == 100 * 4 * 4 * 1
    assert layers["head"].macs == 100 * 29 * 4
    assert layers["head"].shape == (29, 100)


def test_all_convolutions_are_counted() -> None:
    model = model_of("model.every.separable=true")
    seen: list[int] = []
    for conv in model.modules():
        if isinstance(conv, nn.Conv1d):
            weights = conv.weight[0].numel()
            conv.register_forward_hook(lambda _m, _i, y, w=weights: seen.append(y.numel() * w))

    description = describe(model, 2.0)

    once = sum(isinstance(module, nn.Conv1d) for module in model.modules())
    assert description.macs_per_second == sum(seen[:once]) / 2  # later runs check the lengths


def test_the_shortest_input_gives_one_frame_and_a_shorter_one_none() -> None:
    model = model_of(
        "model=seed",
        "model.every.padding=valid",
        "model.blocks=[{channels: 2, kernels: [9, 5], pool: {kind: max, kernel: 2}}]",
    )

    shortest = describe(model).shortest

    assert model.frames(shortest) == 1
    assert model.frames(shortest - 1) == 0
    assert shortest == shortest_input(model.encoder)  # type: ignore[arg-type]
    assert describe(model, 0.0001).layers[-1].shape == (29, 1)


def test_running_the_model_leaves_no_trace() -> None:
    model = model_of().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}

    describe(model)

    assert model.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())


def test_what_hears_everything_says_so_in_json() -> None:
    description: Description = describe(model_of("task=classification", "vocabulary=labels"))

    head = description.to_json()["layers"][-1]

    assert head["whole_utterance"]
    assert head["frames"] == 1
    assert "all" in to_text(description)


def test_the_stated_number_of_classes_is_that_of_the_output() -> None:
    for task in (["task=ctc"], ["task=classification", "vocabulary=labels"]):
        model, classes = untrained(task, 40)
        assert classes == 40
        assert describe(model.model).layers[-1].shape[0] == 40


def test_a_model_brings_its_features_and_an_override_wins() -> None:
    assert model_of("model=seed").features.out_channels == 1
    assert model_of("model=seed", "features=mfcc").features.out_channels == 40
    assert model_of("features=mfcc", "model=seed").features.out_channels == 40
