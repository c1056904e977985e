"""SpecAugment: bands of time and of frequency, blanked in training."""

import torch
from torch import Tensor, nn

from asr.keyed import key, uniform
from asr.padded import Padded

_STREAM = key("SpecAugment")


class SpecAugment(nn.Module):
    """Blank random bands of the features of each utterance, in training only.

    The masks of an utterance depend on its key, its length and nothing else, so it is masked
    alike alone and in any batch. The value of a mask is 0, the mean of normalised features. The
    paper's third part is :class:`~asr.augment.time_warp.TimeWarp`.

    Park et al., 2019, section 2 (https://arxiv.org/abs/1904.08779); with ``time_mask_rate`` and a
    large ``time_width`` the adaptive masks of Park et al., 2020, section 3
    (https://arxiv.org/abs/1912.05533).

    Shape: features ``(batch, bins, frames)`` and keys ``(batch,)`` int64 to the same features.

    Args:
        frequency_masks: how many bands of bins.
        frequency_width: the widest, in bins; widths are uniform from 0.
        time_masks: how many bands of frames, or at most how many.
        time_width: the widest, in frames.
        time_fraction: the widest, as a share of the utterance's true length.
        time_mask_rate: bands for each frame of the utterance, rounded down; ``None`` for
            ``time_masks`` in all.

    Raises:
        ValueError: an argument is negative, or the masks together could blank an utterance.
    """

    def __init__(
        self,
        *,
        frequency_masks: int = 2,
        frequency_width: int = 15,
        time_masks: int = 2,
        time_width: int = 40,
        time_fraction: float = 0.1,
        time_mask_rate: float | None = None,
    ) -> None:
        super().__init__()
        if min(frequency_masks, frequency_width, time_masks, time_width, time_fraction) < 0:
            raise ValueError(
                f"numbers of masks and their widths must be 0 or more, got {frequency_masks=}, "
                f"{frequency_width=}, {time_masks=}, {time_width=}, {time_fraction=}"
            )
        if time_mask_rate is not None and not 0 <= time_mask_rate <= 1:
            raise ValueError(f"time_mask_rate must be 0 to 1 or null, got {time_mask_rate}")
        if time_masks * time_fraction >= 1:
            raise ValueError(
                f"{time_masks} time masks of up to {time_fraction:g} of the utterance could "
                f"blank all of it; choose a time_fraction below {1 / time_masks:g}"
            )
        self.frequency_masks, self.frequency_width = frequency_masks, frequency_width
        self.time_masks, self.time_width = time_masks, time_width
        self.time_fraction, self.time_mask_rate = time_fraction, time_mask_rate

    def forward(self, features: Padded, keys: Tensor) -> Padded:
        if not self.training:
            return features
        with torch.no_grad():
            blank = self._blank(features, keys)
        return features._replace(values=features.values.masked_fill(blank, 0))

    def _blank(self, features: Padded, keys: Tensor) -> Tensor:
        _, bins, frames = features.values.shape
        device = features.values.device
        self._refuse_to_blank_all(bins)
        count = 2 * (self.frequency_masks + self.time_masks)
        drawn = uniform(keys.to(device), _STREAM, count)  # (batch, count)
        in_frequency = drawn[:, : 2 * self.frequency_masks]
        in_time = drawn[:, 2 * self.frequency_masks :]
        lengths = features.lengths.to(device)[:, None]  # (batch, 1)
        longest = (lengths * self.time_fraction).long().clamp(max=self.time_width)
        if self.time_mask_rate is not None:
            number = (lengths * self.time_mask_rate).long()
            wanted = torch.arange(self.time_masks, device=device) < number  # (batch, time_masks)
            longest = longest * wanted
        most_bins = torch.full_like(lengths, self.frequency_width)
        bands = inside_bands(in_frequency, torch.full_like(lengths, bins), most_bins, bins)
        spans = inside_bands(in_time, lengths, longest, frames)
        return bands.any(dim=2)[:, :, None] | spans.any(dim=2)[:, None, :]  # (batch, bins, frames)

    def _refuse_to_blank_all(self, bins: int) -> None:
        if self.frequency_masks * self.frequency_width >= max(bins, 1):
            raise ValueError(
                f"{self.frequency_masks} frequency masks of up to {self.frequency_width} bins "
                f"could blank all {bins} bins; choose a frequency_width of at most "
                f"{(bins - 1) // self.frequency_masks}"
            )

    def extra_repr(self) -> str:
        return (
            f"frequency {self.frequency_masks} x {self.frequency_width}, "
            f"time {self.time_masks} x {self.time_width} <= {self.time_fraction:g}"
        )


def inside_bands(drawn: Tensor, lengths: Tensor, widest: Tensor, size: int) -> Tensor:
    """The positions that lie in each of several bands, of any width from 0 to the widest.

    Shape: drawn ``(batch, 2 * masks)``, lengths ``(batch, 1)`` and widest ``(batch, 1)`` or
    ``(batch, masks)`` to ``(batch, size, masks)``.

    Args:
        drawn: uniform in [0, 1): decides the widths, then the beginnings.
        lengths: within which the bands lie.
    """
    for_width, for_start = drawn.chunk(2, dim=1)  # (batch, masks) each
    width = _whole(for_width, widest + 1)
    start = _whole(for_start, lengths - width + 1)
    position = torch.arange(size, device=drawn.device)[:, None]  # (size, 1)
    return (position >= start[:, None]) & (position < (start + width)[:, None])


def _whole(drawn: Tensor, options: Tensor) -> Tensor:
    # Rounding can lift the product to the number of options, which is one too many.
    return (drawn * options).long().minimum(options - 1)
