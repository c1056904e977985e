"""Whether a network's stated output lengths are those of its forward pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import torch
from torch import nn

from asr.models.acoustic import AcousticModel
from asr.padded import Padded
from asr.span import TimeLayer, shortest_input

_LARGE = 20_000_000  # parameters; above, a forward pass is worth sparing


class Mismatch(NamedTuple):
    """A length for which the formula and the forward pass differ.

    Attributes:
        length: of the input, in feature frames.
        stated: output frames by ``output_length``.
        actual: output frames that came, ``None`` where the forward pass failed.
    """

    length: int
    stated: int
    actual: int | None


@dataclass(frozen=True, slots=True)
class LengthCheck:
    """What came of running an encoder on several lengths.

    Attributes:
        lengths: of the inputs, in feature frames, ascending.
    """

    lengths: Sequence[int]
    mismatches: Sequence[Mismatch]

    def told(self) -> str:
        """The outcome in one line."""
        if not self.mismatches:
            return (
                f"stated = actual for {len(self.lengths)} lengths, "
                f"{self.lengths[0]} to {self.lengths[-1]} frames"
            )
        first = self.mismatches[0]
        actual = "none: it fails" if first.actual is None else first.actual
        return (
            f"WRONG for {len(self.mismatches)} of {len(self.lengths)} lengths: for "
            f"{first.length} frames {first.stated} are stated, the forward pass gives {actual}"
        )

    def to_json(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {
            "lengths_checked": list(self.lengths),
            "lengths_agree": not self.mismatches,
            "length_mismatches": [mismatch._asdict() for mismatch in self.mismatches],
        }


def check_lengths(model: AcousticModel) -> LengthCheck:
    """Run the encoder on random features, each length alone, and count the frames that come."""
    lengths = _lengths(model)
    found = ((length, _stated(model, length), _actual(model, length)) for length in lengths)
    return LengthCheck(lengths, [Mismatch(*item) for item in found if item[1] != item[2]])


def _lengths(model: AcousticModel) -> list[int]:
    """From the shortest input on: the next ones, and those about multiples of the stride."""
    least = shortest_input(cast(TimeLayer, model.encoder))
    stride = model.encoder.span.stride
    parameters = sum(p.numel() for p in cast(nn.Module, model.encoder).parameters())
    if parameters > _LARGE:
        more = {0, 1, stride + 1}
    else:
        about = (stride * multiple + step for multiple in (2, 8) for step in (-1, 0, 1))
        more = {*range(6), *about}
    return sorted(least + frames for frames in more)


def _stated(model: AcousticModel, length: int) -> int:
    return model.encoder.output_length(length)


@torch.inference_mode()
def _actual(model: AcousticModel, length: int) -> int | None:
    generator = torch.Generator().manual_seed(length)
    values = torch.randn(1, model.features.out_channels, length, generator=generator)
    try:
        out = model.encoder(Padded(values, torch.tensor([length])))
    except RuntimeError:  # as torch does where a kernel does not fit
        return None
    frames, told = out.values.shape[-1], int(out.lengths[0])
    return frames if told == _stated(model, length) else told
