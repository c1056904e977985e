"""SpecCutout: rectangles of the features, blanked in training."""

import torch
from torch import Tensor, nn

from asr.augment.spec_augment import inside_bands
from asr.keyed import key, uniform
from asr.padded import Padded

_STREAM = key("SpecCutout")


class SpecCutout(nn.Module):
    """Blank random rectangles of the features of each utterance, in training only.

    It takes away parts of sounds, where bands take away whole instants or whole pitches. The
    rectangles of an utterance depend on its key, its length and nothing else; their value is 0,
    the mean of normalised features.

    DeVries and Taylor, 2017 (https://arxiv.org/abs/1708.04552), on spectrograms as QuartzNet has
    it (Kriman et al., 2020, https://arxiv.org/abs/1910.10261).

    Shape: features ``(batch, bins, frames)`` and keys ``(batch,)`` int64 to the same.

    Args:
        rectangles: how many.
        frequency_width: the highest, in bins; heights are uniform from 0.
        time_width: the longest, in frames.
        time_fraction: the longest, as a share of the utterance's true length.

    Raises:
        ValueError: an argument is out of range, or the rectangles could blank an utterance.
    """

    def __init__(
        self,
        *,
        rectangles: int = 5,
        frequency_width: int = 25,
        time_width: int = 60,
        time_fraction: float = 0.15,
    ) -> None:
        super().__init__()
        if min(rectangles, frequency_width, time_width) < 0 or not 0 <= time_fraction <= 1:
            raise ValueError(
                "need rectangles and widths of 0 or more and time_fraction of 0 to 1, got "
                f"{rectangles=}, {frequency_width=}, {time_width=}, {time_fraction=}"
            )
        self.rectangles, self.frequency_width = rectangles, frequency_width
        self.time_width, self.time_fraction = time_width, time_fraction

    def forward(self, features: Padded, keys: Tensor) -> Padded:
        if not self.training:
            return features
        with torch.no_grad():
            blank = self._blank(features, keys)
        return features._replace(values=features.values.masked_fill(blank, 0))

    def _blank(self, features: Padded, keys: Tensor) -> Tensor:
        _, bins, frames = features.values.shape
        device = features.values.device
        if self.rectangles * min(self.frequency_width, bins) * self.time_fraction >= bins:
            raise ValueError(
                f"{self.rectangles} rectangles of up to {self.frequency_width} of {bins} bins by "
                f"{self.time_fraction:g} of the utterance could blank all of it; choose fewer or "
                "smaller ones"
            )
        drawn = uniform(keys.to(device), _STREAM, 4 * self.rectangles)
        in_frequency, in_time = drawn.chunk(2, dim=1)
        lengths = features.lengths.to(device)[:, None]  # (batch, 1)
        longest = (lengths * self.time_fraction).long().clamp(max=self.time_width)
        highest = torch.full_like(lengths, min(self.frequency_width, bins))
        bands = inside_bands(in_frequency, torch.full_like(lengths, bins), highest, bins)
        spans = inside_bands(in_time, lengths, longest, frames)
        blank = torch.zeros(features.values.shape, dtype=torch.bool, device=device)
        for number in range(self.rectangles):
            blank |= bands[:, :, None, number] & spans[:, None, :, number]
        return blank

    def extra_repr(self) -> str:
        return (
            f"{self.rectangles} x {self.frequency_width} by {self.time_width} "
            f"<= {self.time_fraction:g}"
        )
