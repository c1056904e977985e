"""Layers over sequences whose channels form a grid: so many maps of so many bands each.

Channel ``map * bands + band``, so maps of neighbouring bands lie side by side, as they do in a
tensor of ``(batch, maps, bands, time)`` whose two middle axes are made one.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from asr.padded import Padded
from asr.span import Length, Span


def band_by_band(layer: Callable[[Padded], Padded], x: Padded, bands: int) -> Padded:
    """Apply a layer over ``maps`` channels to each band alone, with the same weights.

    Shape: ``(batch, maps * bands, time)`` to ``(batch, new_maps * bands, new_time)``.
    """
    grid = torch.unflatten(x.values, 1, (-1, bands)).transpose(1, 2)  # (batch, bands, maps, time)
    y = layer(Padded(grid.flatten(0, 1), x.lengths.repeat_interleave(bands)))
    grid = torch.unflatten(y.values, 0, (-1, bands)).transpose(1, 2)
    return Padded(grid.flatten(1, 2), y.lengths[::bands])


class ScalarNorm(nn.Module):
    """Layer normalisation with one scale and one offset for all channels (Ba et al., 2016).

    Shape: ``(batch, channels, time)``, unchanged.

    Args:
        over_time: whether mean and variance are those of the whole utterance, which no streaming
            model can know, or of each frame.
    """

    def __init__(self, *, over_time: bool, eps: float = 1e-5) -> None:
        super().__init__()
        self.over_time, self.eps = over_time, eps
        self.weight = nn.Parameter(torch.ones(1))
        self.bias = nn.Parameter(torch.zeros(1))

    @property
    def streaming_obstacle(self) -> str:
        """Why a frame has to wait for the end of the utterance; empty where it has not."""
        return "normalised over the whole utterance" if self.over_time else ""

    @property
    def span(self) -> Span:
        return Span(whole=self.over_time)

    def output_length(self, length: Length) -> Length:
        return length

    def forward(self, x: Padded) -> Padded:
        values = x.zeroed().values.float()  # sums of so many squares are beyond half precision
        normal = self._over_time(values, x) if self.over_time else self._by_frame(values)
        y = normal * self.weight + self.bias
        return x._replace(values=y.to(x.values.dtype))

    def _by_frame(self, values: Tensor) -> Tensor:
        var, mean = torch.var_mean(values, dim=1, keepdim=True, correction=0)
        return (values - mean) * (var + self.eps).rsqrt()

    def _over_time(self, values: Tensor, x: Padded) -> Tensor:
        mask = x.mask[:, None]
        count = (x.lengths.clamp_min(1) * values.shape[1])[:, None, None]
        mean = values.sum(dim=(1, 2), keepdim=True) / count
        centred = (values - mean).masked_fill(~mask, 0)
        var = centred.square().sum(dim=(1, 2), keepdim=True) / count
        return centred * (var + self.eps).rsqrt()
