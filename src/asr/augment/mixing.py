"""Pairs of utterances made one: two sounds at once, or a piece of one within the other."""

import torch
from torch import Tensor

from asr.padded import Padded, sent


def partners(batch: int) -> Tensor:
    """For each utterance another one of the batch, and each for one: the next in a random order.

    Drawn from torch's generator, as dropout is. An utterance that is alone is its own partner.

    Returns:
        ``(batch,)`` int64 positions.
    """
    order = torch.randperm(batch)
    partner = torch.empty_like(order)
    partner[order] = order.roll(1)
    return partner


def shares(batch: int, alpha: float) -> Tensor:
    """What part of each mixture is the utterance's own: at least half, so that its length is, too.

    The larger of what a Beta distribution gives the two (Berthelot et al., 2019, section 3.3,
    https://arxiv.org/abs/1905.02249), drawn from torch's generator.

    Args:
        alpha: both parameters of the distribution, above 0; the larger, the more even the shares.

    Returns:
        ``(batch,)`` float32 in [0.5, 1].
    """
    drawn = torch.distributions.Beta(alpha, alpha).sample((batch,))
    return torch.maximum(drawn, 1 - drawn)


def mixed(waveforms: Padded, partner: Tensor, share: Tensor) -> Padded:
    """Each utterance with its partner in the background, which is cut where it is longer.

    Mixup (Zhang et al., 2018, https://arxiv.org/abs/1710.09412), of waveforms as in
    between-class learning (Tokozume et al., 2018, https://arxiv.org/abs/1711.10282).

    Shape: ``(batch, channels, samples)``, partner and share ``(batch,)``, to the waveforms' own.
    """
    own = waveforms.zeroed().values
    values = own * share[:, None, None] + own[partner] * (1 - share)[:, None, None]
    return Padded(values, waveforms.lengths).zeroed()


def spliced(waveforms: Padded, partner: Tensor, share: Tensor) -> tuple[Padded, Tensor]:
    """Each utterance with a piece of its partner in the place of a piece of its own.

    CutMix (Yun et al., 2019, https://arxiv.org/abs/1905.04899), over time. Where the pieces lie
    is drawn from torch's generator. A partner shorter than the piece is put there as a whole.

    Shape: as of :func:`mixed`.

    Returns:
        The waveforms, and the share of its own that each has kept.
    """
    batch, channels, time = waveforms.values.shape
    lengths, device = waveforms.lengths, waveforms.values.device
    size = ((1 - share) * lengths).long().minimum(lengths[partner])
    place, source = sent(torch.rand(2, batch), device)
    begin = (place * (lengths - size + 1)).long().minimum(lengths - size)
    from_ = (source * (lengths[partner] - size + 1)).long().minimum(lengths[partner] - size)
    at = torch.arange(time, device=device)
    inside = (at >= begin[:, None]) & (at < (begin + size)[:, None])
    there = (at + (from_ - begin)[:, None]).clamp(0, time - 1)[:, None].expand(-1, channels, -1)
    pieces = waveforms.values[partner].gather(-1, there)
    values = torch.where(inside[:, None], pieces, waveforms.values)
    return Padded(values, lengths), 1 - size / lengths.clamp_min(1)
