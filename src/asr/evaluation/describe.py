"""What a network is made of, what it costs and what it hears, read from the layers themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isinf
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from asr.evaluation.layer_kind import arguments, does_nothing, kind
from asr.layers.sequential import TimeSequential
from asr.models.acoustic import AcousticModel
from asr.padded import Padded
from asr.span import Composite, Span, TimeLayer, shortest_input


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a network.

    Attributes:
        name: where in the network it is.
        kind: what it is.
        shape: channels and frames of its output.
        parameters: numbers that training changes.
        macs: multiply-accumulates of its convolutions.
        span: what one of its output frames hears, in samples of the waveform.
        arguments: see :func:`~asr.evaluation.layer_kind.arguments`.
    """

    name: str
    kind: str
    shape: tuple[int, int]
    parameters: int
    macs: int
    span: Span
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Description:
    """A network, layer by layer.

    Attributes:
        seconds: of the input for which shapes and multiply-accumulates are told.
        span: of the network without what depends on the whole utterance by normalisation.
        shortest: least samples for which it gives a frame.
        whole_utterance: whether features are normalised over the utterance, so that, strictly,
            every frame depends on all of it.
    """

    layers: Sequence[Layer]
    seconds: float
    sample_rate: int
    parameters: int
    span: Span
    shortest: int
    whole_utterance: bool

    @property
    def macs_per_second(self) -> float:
        """Multiply-accumulates of all convolutions for each second of audio."""
        return sum(layer.macs for layer in self.layers) / self.seconds

    def milliseconds(self, samples: float) -> float:
        """The duration of a number of samples."""
        return 1000 * samples / self.sample_rate

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values; what is infinite is ``None``."""
        return {
            "layers": [self._layer(layer) for layer in self.layers],
            "input_seconds": self.seconds,
            "sample_rate": self.sample_rate,
            "parameters": self.parameters,
            "macs_per_second": self.macs_per_second,
            **self._heard(self.span),
            "shortest_input_samples": self.shortest,
            "shortest_input_ms": self.milliseconds(self.shortest),
            "normalised_over_the_utterance": self.whole_utterance,
        }

    def _layer(self, layer: Layer) -> dict[str, Any]:
        return {
            "name": layer.name,
            "kind": layer.kind,
            "channels": layer.shape[0],
            "frames": layer.shape[1],
            "parameters": layer.parameters,
            "macs_per_second": layer.macs / self.seconds,
            **self._heard(layer.span),
            "arguments": layer.arguments,
        }

    def _heard(self, span: Span) -> dict[str, Any]:
        samples = {
            "receptive_field": span.receptive_field,
            "left_context": span.left,
            "look_ahead": span.right,
            "hop": span.stride,
        }
        finite = {name: None if isinf(value) else int(value) for name, value in samples.items()}
        return {
            **{f"{name}_samples": value for name, value in finite.items()},
            **{
                f"{name}_ms": None if value is None else self.milliseconds(value)
                for name, value in finite.items()
            },
        }


def describe(model: AcousticModel, seconds: float = 1.0) -> Description:
    """Run the network once and note what its layers do.

    Multiply-accumulates are those of every ``nn.Conv1d``, from the shape of what it gives; the
    features' Fourier transform is not among them.

    Args:
        seconds: of the input; at least what gives one frame is used.
    """
    whole = TimeSequential(cast(nn.Module, model.features), cast(nn.Module, model.encoder))
    shortest = shortest_input(whole)
    samples = max(round(seconds * model.sample_rate), shortest)
    tally = _Tally(model)
    tally.run(samples)
    return Description(
        layers=[
            _layer(name, layer, span, tally)
            for name, layer, span in _leaves(model)
            if not does_nothing(layer)
        ],
        seconds=samples / model.sample_rate,
        sample_rate=model.sample_rate,
        parameters=_parameters(model),
        span=model.local_span,
        shortest=shortest,
        whole_utterance=isinf(model.features.span.right),
    )


class _Tally:
    """Shapes and multiply-accumulates, noted while the network runs."""

    def __init__(self, model: AcousticModel) -> None:
        self.model = model
        self.shapes: dict[nn.Module, tuple[int, int]] = {}
        self.macs: dict[nn.Module, int] = {}

    @torch.inference_mode()
    def run(self, samples: int) -> None:
        handles = list(self._hooks())
        training = self.model.training
        self.model.eval()
        waveforms = torch.zeros(1, self.model.features.channels, samples)
        try:
            self.model(Padded(waveforms, torch.tensor([samples])))
        finally:
            self.model.train(training)
            for handle in handles:
                handle.remove()

    def _hooks(self) -> Iterator[RemovableHandle]:
        for layer in self.model.modules():
            if isinstance(layer, nn.Conv1d):
                yield layer.register_forward_hook(self._note_macs)
            else:
                yield layer.register_forward_hook(self._note_shape)

    def _note_macs(self, conv: nn.Conv1d, _: Any, output: Tensor) -> None:
        for_each = conv.kernel_size[0] * conv.in_channels // conv.groups
        self.macs[conv] = self.macs.get(conv, 0) + output.numel() * for_each

    def _note_shape(self, layer: nn.Module, _: Any, output: Any) -> None:
        if isinstance(output, Padded):
            self.shapes[layer] = (output.values.shape[1], int(output.lengths[0]))


def _leaves(model: AcousticModel) -> Iterator[tuple[str, nn.Module, Span]]:
    """Name, layer and span from the waveform on of every layer that is not made of others."""
    features = model.features.local_span
    yield "features", cast(nn.Module, model.features), features
    yield from _within("encoder", cast(nn.Module, model.encoder), features)
    yield from _within("head", model.head, features.then(model.encoder.span))


def _within(name: str, layer: nn.Module, before: Span) -> Iterator[tuple[str, nn.Module, Span]]:
    if isinstance(layer, Composite):
        for part in layer.parts():
            yield from _within(f"{name}.{part.name}", part.layer, before.then(part.before))
    else:
        yield name, layer, before.then(cast(TimeLayer, layer).span)


def _layer(name: str, layer: nn.Module, span: Span, tally: _Tally) -> Layer:
    return Layer(
        name=name,
        kind=kind(layer),
        shape=tally.shapes[layer],
        parameters=_parameters(layer),
        macs=sum(tally.macs.get(inner, 0) for inner in layer.modules()),
        span=span,
        arguments=arguments(layer),
    )


def _parameters(layer: nn.Module) -> int:
    return sum(parameter.numel() for parameter in layer.parameters())
