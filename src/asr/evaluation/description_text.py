"""The description of a network as a table to read."""

from collections.abc import Iterator
from math import isinf

from asr.evaluation.describe import Description, Layer
from asr.evaluation.table import table

_HEADER = ("layer", "kind", "output", "parameters", "MACs/s", "hears", "ms", "left", "right", "hop")
_PITCH_MS = 10.0  # a period of a low voice; what hears less cannot tell one vowel from another


def to_text(description: Description) -> str:
    """The layers in a table, and in lines below it what the whole costs and hears."""
    rows = [_row(description, layer) for layer in description.layers]
    return "\n".join(
        [table(_HEADER, rows, left=3), "", *_totals(description), *_notes(description)]
    )


def _row(description: Description, layer: Layer) -> list[str]:
    span, ms = layer.span, description.milliseconds
    return [
        layer.name,
        layer.kind,
        "{} x {}".format(*layer.shape),
        f"{layer.parameters:,}",
        _short(layer.macs / description.seconds),
        _number(span.receptive_field),
        _number(ms(span.receptive_field)),
        _number(ms(span.left)),
        _number(ms(span.right)),
        _number(ms(span.stride)),
    ]


def _totals(description: Description) -> Iterator[str]:
    span, ms = description.span, description.milliseconds
    yield (
        f"output: channels x frames for {description.seconds:g} s at {description.sample_rate} Hz; "
        "hears: samples of the waveform under one output frame; left, right and hop in ms"
    )
    yield f"parameters           {description.parameters:,}"
    yield (
        f"multiply-accumulates {_short(description.macs_per_second)} for each second of audio "
        "(all convolutions; the features' transform is not counted)"
    )
    yield (
        f"receptive field      {_number(span.receptive_field)} samples, "
        f"{_number(ms(span.receptive_field))} ms: {_number(ms(span.left))} ms before, "
        f"{_number(ms(span.right))} ms after (the look-ahead)"
    )
    yield f"hop                  {span.stride} samples, {_number(ms(span.stride))} ms"
    yield (
        f"shortest input       {description.shortest} samples, "
        f"{_number(ms(description.shortest))} ms, gives one frame"
    )


def _notes(description: Description) -> Iterator[str]:
    if description.whole_utterance:
        yield (
            "note: features are normalised over the utterance, so, strictly, every frame depends "
            "on all of it; the figures above leave that out"
        )
    early = _before_convolution(description, 3)
    if early is not None and description.milliseconds(early.span.receptive_field) < _PITCH_MS:
        field = early.span.receptive_field
        yield (
            f"note: the first two convolutions with their pooling alone hear {_number(field)} "
            f"samples, {_number(description.milliseconds(field))} ms, less than a period of a low "
            f"voice ({_PITCH_MS:g} ms); the layers after them make a recogniser of it"
        )


def _before_convolution(description: Description, number: int) -> Layer | None:
    """The layer before the ``number``-th convolution over time."""
    convolutions = [
        index for index, layer in enumerate(description.layers) if "in_channels" in layer.arguments
    ]
    if len(convolutions) < number:
        return None
    return description.layers[convolutions[number - 1] - 1]


def _number(value: float) -> str:
    return "all" if isinf(value) else f"{value:.4g}" if value < 10_000 else f"{value:.0f}"


def _short(value: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g} {letter}"
    return f"{value:.0f}"
