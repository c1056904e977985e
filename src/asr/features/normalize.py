"""Zero mean and unit variance of features, per utterance or with statistics of the corpus."""

from collections.abc import Iterable
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from asr.padded import Padded, zero_beyond
from asr.span import Span

Normalization = Literal["utterance", "level", "global", "none"]
_WHOLE = ("utterance", "level")  # those that need all of it
_EPS = 1e-5


class Normalize(nn.Module):
    """Make each feature zero-mean and unit-variance over the valid frames.

    ``"utterance"`` uses the utterance's own statistics, which needs no corpus but hears the
    whole utterance; ``"level"`` the same of all features together, which takes loudness away but
    leaves the shape of the spectrum, and so what a single short word is; ``"global"`` uses those
    of the training data, which :meth:`fit` computes and which travel with the weights;
    ``"none"`` does nothing.

    Shape: ``(batch, channels, time)``, unchanged; padded entries come out as zero.

    Args:
        sample_variance: of the utterance, divided by one frame less than there are, and guarded
            after the root instead of before it.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self, kind: Normalization, channels: int, *, sample_variance: bool = False
    ) -> None:
        super().__init__()
        if kind not in get_args(Normalization):
            known = ", ".join(map(repr, get_args(Normalization)))
            raise ValueError(f"normalize must be one of {known}, got {kind!r}")
        self.kind, self.sample_variance = kind, sample_variance
        if kind == "global":
            self.register_buffer("mean", torch.zeros(channels))
            self.register_buffer("std", torch.ones(channels))

    @property
    def streaming_obstacle(self) -> str:
        """Why features have to wait for the end of the utterance; empty where they have not."""
        return "normalised over the whole utterance" if self.kind in _WHOLE else ""

    @torch.no_grad()
    def fit(self, batches: Iterable[Padded]) -> None:
        """Set the global statistics to those of ``batches``; sums are kept in float64.

        Raises:
            ValueError: the batches hold no frames.
        """
        count = torch.zeros((), dtype=torch.float64)
        total = torch.zeros(len(self.mean), dtype=torch.float64)
        squares = torch.zeros(len(self.mean), dtype=torch.float64)
        for batch in batches:
            values = batch.zeroed().values.cpu().double()
            count += batch.lengths.sum().cpu()
            total += values.sum((0, 2))
            squares += values.square().sum((0, 2))
        if not count:
            raise ValueError("statistics need at least one frame, got none")
        mean = total / count
        variance = (squares / count - mean.square()).clamp_min(0)
        self.mean.copy_(mean)
        self.std.copy_((variance + _EPS).sqrt())

    def span_after(self, span: Span) -> Span:
        """The span of features with ``span`` once they are normalised."""
        return span._replace(whole=True) if self.kind in _WHOLE else span

    def forward(self, x: Padded) -> Padded:
        if self.kind == "none":
            return x.zeroed()
        if self.kind == "global":
            values = (x.values - self.mean[:, None]) / self.std[:, None]
            return x._replace(values=values).zeroed()
        count = x.lengths.clamp_min(1)[:, None, None]
        over: int | tuple[int, int] = -1
        if self.kind == "level":
            count, over = count * x.values.shape[1], (1, 2)
        mean = zero_beyond(x.values, x.lengths).sum(dim=over, keepdim=True) / count
        centred = zero_beyond(x.values - mean, x.lengths)
        total = centred.square().sum(dim=over, keepdim=True)
        if self.sample_variance:
            std = (total / (count - 1).clamp_min(1)).sqrt()
            return x._replace(values=centred / (std + _EPS))
        variance = total / count
        return x._replace(values=centred * (variance + _EPS).rsqrt())
