"""Stochastic depth: residual blocks that some utterances pass by in training."""

import torch

from asr.padded import Padded


def passed_by(x: Padded, probability: float) -> Padded:
    """What a block adds to its shortcut, zeroed for some utterances and scaled up for the rest.

    Huang et al., 2016, section 3 (https://arxiv.org/abs/1603.09382), where what remains is scaled
    down in evaluation instead. Which utterances is drawn from torch's generator, as in dropout.

    Shape: ``(batch, channels, time)``, unchanged.

    Args:
        probability: of each utterance to pass by, from 0 to below 1.
    """
    values = x.values
    drawn = torch.rand(len(values), 1, 1, device=values.device)
    scale = (drawn >= probability).to(values.dtype) / (1 - probability)
    return x._replace(values=values * scale)
