"""FilterAugment: bands of the features made louder and quieter, as by another microphone."""

from typing import Literal

import torch
from torch import Tensor, nn

from asr.keyed import key, uniform
from asr.padded import Padded

_STREAM = key("FilterAugment")


class FilterAugment(nn.Module):
    """Add to each band of the features of an utterance a number drawn at random, in training only.

    In the logarithm of power that is a filter. It is applied after normalisation, so its unit is
    the standard deviation of the features; where they are normalised over each utterance, which
    takes a microphone's response away, a model hears what no microphone can do. The filter of an
    utterance depends on its key alone.

    Nam et al., 2022, "FilterAugment: an acoustic environmental data augmentation method"
    (https://arxiv.org/abs/2110.03282).

    Shape: features ``(batch, bins, frames)`` and keys ``(batch,)`` int64 to the same.

    Args:
        least_bands, most_bands: how many there are, drawn uniformly; their edges are, too.
        most: added to a band, drawn uniformly from minus to plus this.
        kind: ``"linear"`` draws a number for each edge and goes on straight lines between them,
            ``"step"`` draws one for each band.

    Raises:
        ValueError: an argument is out of range.
    """

    def __init__(
        self,
        *,
        least_bands: int = 3,
        most_bands: int = 6,
        most: float = 0.5,
        kind: Literal["linear", "step"] = "linear",
    ) -> None:
        super().__init__()
        if not 1 <= least_bands <= most_bands:
            raise ValueError(
                f"need 1 <= least_bands <= most_bands, got {least_bands} and {most_bands}"
            )
        if not 0 <= most < float("inf"):
            raise ValueError(f"most must be 0 or more, got {most}")
        if kind not in ("linear", "step"):
            raise ValueError(f"kind must be 'linear' or 'step', got {kind!r}")
        self.least_bands, self.most_bands = least_bands, most_bands
        self.most, self.kind = most, kind

    def forward(self, features: Padded, keys: Tensor) -> Padded:
        if not self.training:
            return features
        with torch.no_grad():
            gain = self._gain(features.values.shape[1], keys.to(features.values.device))
        return features._replace(
            values=features.values + gain.to(features.values.dtype)[:, :, None]
        )

    def _gain(self, bins: int, keys: Tensor) -> Tensor:
        """What is added to each bin, ``(batch, bins)``."""
        inner = self.most_bands - 1
        drawn = uniform(keys, _STREAM, 1 + inner + self.most_bands + 1)
        options = self.most_bands - self.least_bands + 1
        bands = self.least_bands + (drawn[:, :1] * options).long().clamp(max=options - 1)
        edges = drawn[:, 1 : 1 + inner] * (bins - 1)
        # Edges that are not wanted go to the end, where they part nothing.
        unwanted = torch.arange(inner, device=keys.device) >= bands - 1
        edges = edges.masked_fill(unwanted, bins - 1).sort(dim=1).values
        ends = edges.new_tensor([0.0, bins - 1]).expand(len(keys), 2)
        edges = torch.cat([ends[:, :1], edges, ends[:, 1:]], dim=1)  # (batch, most_bands + 1)
        height = (2 * drawn[:, 1 + inner :] - 1) * self.most
        position = torch.arange(bins, device=keys.device, dtype=edges.dtype)
        position = position.expand(len(keys), bins).contiguous()
        band = torch.searchsorted(edges[:, 1:].contiguous(), position)
        low = height.gather(1, band)
        if self.kind == "step":
            return low
        begin, end = edges.gather(1, band), edges.gather(1, band + 1)
        way = ((position - begin) / (end - begin).clamp(min=1e-6)).clamp(0, 1)
        return low + (height.gather(1, band + 1) - low) * way

    def extra_repr(self) -> str:
        return f"{self.kind}, {self.least_bands} to {self.most_bands} bands, {self.most:g}"
