"""What a network is made of, what it costs and what it hears, read from the layers themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isinf
from typing import Any, cast

from torch import nn

from asr.evaluation.layer_kind import arguments, does_nothing, kind
from asr.evaluation.leaves import Leaf, leaves
from asr.evaluation.length_check import LengthCheck, check_lengths
from asr.evaluation.streaming import Streaming, streaming
from asr.evaluation.tally import BYTES, Tally
from asr.layers.sequential import TimeSequential
from asr.models.acoustic import AcousticModel
from asr.span import Span, shortest_input


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a network.

    Attributes:
        name: where in the network it is.
        kind: what it is.
        shape: channels and frames of its output.
        parameters: numbers that training changes.
        macs: multiply-accumulates of its convolutions and linear maps.
        traffic: bytes read and written, see :class:`~asr.evaluation.tally.Tally`.
        span: what one of its output frames hears, in samples of the waveform.
        whole: whether, within the network, it is over the whole utterance itself.
        arguments: see :func:`~asr.evaluation.layer_kind.arguments`.
    """

    name: str
    kind: str
    shape: tuple[int, int]
    parameters: int
    macs: int
    traffic: int
    span: Span
    whole: bool
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Description:
    """A network, layer by layer.

    Attributes:
        seconds: of the input for which shapes, multiply-accumulates and traffic are told.
        weights_bytes: what is saved of it, in float32.
        span: of features and encoder.
        shortest: least samples for which it gives a frame.
        lengths: whether stated output lengths are those of the encoder's forward pass.
        streaming: whether it can hear while somebody speaks.
    """

    layers: Sequence[Layer]
    seconds: float
    sample_rate: int
    parameters: int
    weights_bytes: int
    span: Span
    shortest: int
    lengths: LengthCheck
    streaming: Streaming

    @property
    def macs_per_second(self) -> float:
        """Multiply-accumulates of all layers for each second of audio."""
        return sum(layer.macs for layer in self.layers) / self.seconds

    @property
    def bytes_per_second(self) -> float:
        """Bytes that all layers read and write for each second of audio.

        A layer's weights are read once for the input of ``seconds``, whose whole cost is divided
        by its duration.
        """
        return sum(layer.traffic for layer in self.layers) / self.seconds

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
            "weights_mb": self.weights_bytes / 1e6,
            "macs_per_second": self.macs_per_second,
            "bytes_per_second": self.bytes_per_second,
            **self._heard(self.span),
            "shortest_input_samples": self.shortest,
            "shortest_input_ms": self.milliseconds(self.shortest),
            **self.lengths.to_json(),
            "streaming": self.streaming.to_json(),
        }

    def _layer(self, layer: Layer) -> dict[str, Any]:
        return {
            "name": layer.name,
            "kind": layer.kind,
            "channels": layer.shape[0],
            "frames": layer.shape[1],
            "parameters": layer.parameters,
            "macs_per_second": layer.macs / self.seconds,
            "bytes_per_second": layer.traffic / self.seconds,
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
            "whole_utterance": span.whole,
            **{f"{name}_samples": value for name, value in finite.items()},
            **{
                f"{name}_ms": None if value is None else self.milliseconds(value)
                for name, value in finite.items()
            },
        }


def describe(model: AcousticModel, seconds: float = 1.0) -> Description:
    """Run the network once and note what its layers do, then its encoder on several lengths.

    The features' Fourier transform is not among the multiply-accumulates, and what is done
    between layers, as the sum of a shortcut, not in the traffic.

    Args:
        seconds: of the input; at least what gives one frame is used.
    """
    whole = TimeSequential(cast(nn.Module, model.features), cast(nn.Module, model.encoder))
    shortest = shortest_input(whole)
    samples = max(round(seconds * model.sample_rate), shortest)
    tally = Tally()
    training = model.training
    model.eval()
    try:
        tally.run(model, samples)
        lengths = check_lengths(model)
    finally:
        model.train(training)
    return Description(
        layers=[_layer(leaf, tally) for leaf in leaves(model) if not does_nothing(leaf.layer)],
        seconds=samples / model.sample_rate,
        sample_rate=model.sample_rate,
        parameters=_parameters(model),
        weights_bytes=_weights_bytes(model),
        span=model.span,
        shortest=shortest,
        lengths=lengths,
        streaming=streaming(model),
    )


def _layer(leaf: Leaf, tally: Tally) -> Layer:
    return Layer(
        name=leaf.name,
        kind=kind(leaf.layer),
        shape=tally.shape(leaf.layer),
        parameters=_parameters(leaf.layer),
        macs=tally.macs(leaf.layer),
        traffic=tally.traffic(leaf.layer),
        span=leaf.heard,
        whole=leaf.span.whole and leaf.name != "features",
        arguments=arguments(leaf.layer),
    )


def _parameters(layer: nn.Module) -> int:
    return sum(parameter.numel() for parameter in layer.parameters())


def _weights_bytes(model: nn.Module) -> int:
    return BYTES * sum(tensor.numel() for tensor in model.state_dict().values())
