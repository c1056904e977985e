"""Dropout (Srivastava et al., 2014) that costs little on a CPU."""

import torch
from torch import Tensor, nn

_LEVELS = 256


class Dropout(nn.Module):
    """Zero each value with probability ``p`` in training, and scale the others to make up for it.

    ``nn.Dropout`` draws one random number for each value, which on a CPU took a third of a
    training step; this draws one byte, eight at a time, so ``p`` is met to within 1/512. Where
    channels are last in memory, bytes go to them in that order.

    Shape: any, unchanged.

    Args:
        p: probability, from 0 to below 1.

    Raises:
        ValueError: ``p`` is out of range.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"dropout must be at least 0 and below 1, got {p:g}")
        self.p = p
        self._dropped = min(round(p * _LEVELS), _LEVELS - 1)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self._dropped:
            return x
        words = torch.empty(-(-x.numel() // 8), dtype=torch.int64, device=x.device)
        words.random_(-(2**63), None)
        kept = words.view(torch.uint8)[: x.numel()] >= self._dropped
        share = kept.to(x.dtype).mul_(_LEVELS / (_LEVELS - self._dropped))
        last = x.movedim(1, -1) if x.dim() > 2 else x
        if last.is_contiguous() and not x.is_contiguous():
            return x * share.view(last.shape).movedim(-1, 1)
        return x * share.view(x.shape)

    def extra_repr(self) -> str:
        return f"p={self.p:g}"
