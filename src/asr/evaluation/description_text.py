"""The description of a network as a table to read."""

from collections.abc import Iterable, Iterator
from math import isinf
from textwrap import wrap

from asr.evaluation.describe import Description, Layer
from asr.evaluation.table import table

_HEADER = (
    "layer", "kind", "output", "parameters", "MACs/s", "bytes/s", "left", "right", "hop",
)  # fmt: skip
_PITCH_MS = 10.0  # a period of a low voice; what hears less cannot tell one vowel from another
_WIDTH, _INDENT = 100, 21


def to_text(description: Description) -> str:
    """The layers in a table, and in lines below it what the whole costs and hears."""
    rows = [_row(description, layer) for layer in description.layers]
    told = [*_totals(description), *_certificate(description), *_notes(description)]
    return "\n".join([table(_HEADER, rows, left=3), "", *told])


def entry(name: str, lines: Iterable[str]) -> str:
    """A name with lines beside it, wrapped.

    >>> print(entry("hop", ["640 samples"]))
    hop                  640 samples
    """
    margin = " " * _INDENT
    wrapped = [
        part
        for line in lines
        for part in wrap(line, _WIDTH - _INDENT, subsequent_indent="  ", break_on_hyphens=False)
    ]
    return name.ljust(_INDENT) + f"\n{margin}".join(wrapped)


def _row(description: Description, layer: Layer) -> list[str]:
    span, ms = layer.span, description.milliseconds
    return [
        layer.name,
        layer.kind,
        "{} x {}".format(*layer.shape),
        f"{layer.parameters:,}",
        _short(layer.macs / description.seconds),
        _short(layer.traffic / description.seconds),
        "all" if layer.whole else _number(ms(span.left)),
        "all" if layer.whole else _number(ms(span.right)),
        _number(ms(span.stride)),
    ]


def _totals(description: Description) -> Iterator[str]:
    span, ms, seconds = description.span, description.milliseconds, f"{description.seconds:g} s"
    yield f"output: channels x frames for {seconds} at {description.sample_rate} Hz; MACs and bytes"
    yield "for each second of audio; left and right: ms that one output frame hears around its own"
    yield ""
    weights = f"{description.parameters:,}, {description.weights_bytes / 1e6:.4g} MB of weights"
    yield entry("parameters", [f"{weights} in float32"])
    yield entry(
        "multiply-accumulates",
        [
            f"{_short(description.macs_per_second)} for each second of audio (convolutions and "
            "linear maps; the features' transform is not counted)"
        ],
    )
    yield entry(
        "memory traffic",
        [
            f"{_short(description.bytes_per_second)}B for each second of audio (float32: every "
            f"layer's input and output, and its weights read once for {seconds})"
        ],
    )
    yield entry(
        "receptive field",
        [
            f"{_number(span.receptive_field)} samples, {_time(ms(span.receptive_field))}: "
            f"{_time(ms(span.left))} before, {_time(ms(span.right))} after (the look-ahead)"
        ],
    )
    yield entry("hop", [f"{span.stride} samples, {_number(ms(span.stride))} ms"])
    shortest = f"{description.shortest} samples, {_number(ms(description.shortest))} ms"
    yield entry("shortest input", [f"{shortest}, gives one frame"])


def _certificate(description: Description) -> Iterator[str]:
    yield entry("output lengths", [description.lengths.told()])
    yield entry("streaming", description.streaming.lines())


def _notes(description: Description) -> Iterator[str]:
    if description.span.whole:
        yield (
            "note: something above is over the whole utterance, so, strictly, every frame depends "
            "on all\nof it; contexts and receptive field leave that out"
        )
    early = _before_convolution(description, 3)
    if early is not None and description.milliseconds(early.span.receptive_field) < _PITCH_MS:
        field = early.span.receptive_field
        yield (
            f"note: the first two convolutions with their pooling alone hear {_number(field)} "
            f"samples, {_number(description.milliseconds(field))} ms,\nless than a period of a low "
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


def _time(ms: float) -> str:
    return f"{ms / 1000:.1f} s" if ms >= 10_000 and not isinf(ms) else f"{_number(ms)} ms"


def _short(value: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g} {letter}"
    return f"{value:.0f}"
