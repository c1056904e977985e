"""Time warping: the first part of an utterance faster and the rest slower, or the other way."""

import torch
from torch import Tensor, nn

from asr.keyed import key, uniform, utterance_keys
from asr.padded import Padded

_STREAM = key("TimeWarp")


class TimeWarp(nn.Module):
    """Move an instant of each utterance, and stretch what is on both sides of it, in training only.

    Lengths stay as they are. Frames between two are drawn by a straight line. The warp of an
    utterance depends on its key, its length and nothing else, and is the same in both of its views,
    whose frames are compared.

    Park et al., 2019, section 2 (https://arxiv.org/abs/1904.08779), with straight lines in place
    of splines.

    Shape: features ``(batch, bins, frames)`` and keys ``(batch,)`` int64 to the same.

    Args:
        width: the farthest that the instant moves, in frames; uniform to both sides.
        fraction: the farthest, as a share of the utterance's true length, at most 0.25.

    Raises:
        ValueError: an argument is out of range.
    """

    def __init__(self, *, width: int = 80, fraction: float = 0.1) -> None:
        super().__init__()
        if width < 0 or not 0 <= fraction <= 0.25:
            raise ValueError(
                "need width of 0 or more frames and fraction of 0 to 0.25, got "
                f"{width} and {fraction}"
            )
        self.width, self.fraction = width, fraction

    def forward(self, features: Padded, keys: Tensor) -> Padded:
        if not self.training:
            return features
        values = features.values
        with torch.no_grad():
            place = self._places(features, keys)  # (batch, frames)
            before = place.long().clamp(max=values.shape[-1] - 1)
            way = (place - before).to(values.dtype)[:, None]
            after = (before + 1).clamp(max=values.shape[-1] - 1)
        left, right = (
            values.gather(2, index[:, None].expand_as(values)) for index in (before, after)
        )
        return features._replace(values=torch.where(way > 0, left + (right - left) * way, left))

    def _places(self, features: Padded, keys: Tensor) -> Tensor:
        """Where, in the frames that came, each frame is taken from; padding stays where it is."""
        device = features.values.device
        last = (features.lengths.to(device)[:, None] - 1).clamp(min=0)  # (batch, 1)
        most = (last * self.fraction).long().clamp(max=self.width)
        drawn = uniform(utterance_keys(keys.to(device)), _STREAM, 2)
        # At least twice as far from both ends as it may move: no part gets lost.
        source = 2 * most + drawn[:, :1] * (last - 4 * most)
        target = source + (2 * drawn[:, 1:] - 1) * most
        frame = torch.arange(features.values.shape[-1], device=device)[None]
        early = frame * (source / target.clamp(min=1e-6))
        late = last - (last - frame) * ((last - source) / (last - target).clamp(min=1e-6))
        warped = torch.where(frame < target, early, late)
        return torch.where((frame >= last) | (most == 0), frame.to(warped.dtype), warped)

    def extra_repr(self) -> str:
        return f"{self.width} <= {self.fraction:g}"
