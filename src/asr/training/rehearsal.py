"""The parts of a run that only speak up when they are first used, tried before data are read."""

from typing import Any

import torch
from torch import nn

from asr.errors import InputError
from asr.keyed import generator
from asr.models.acoustic import Augment, Features
from asr.padded import Padded

_SECONDS = 2


def rehearse(
    features: Features, waveform: Any, spectrogram: Augment | None, optimizer: Any, schedule: Any
) -> None:
    """Use each part once, on noise and on one weight.

    Args:
        waveform: augments waveforms, if anything does.
        spectrogram: augments features, if anything does.
        optimizer: builds an optimiser of weights.
        schedule: builds a schedule for an optimiser and a number of steps.

    Raises:
        InputError: a part refuses what its config gave it; the message names it.
    """
    samples = _SECONDS * features.sample_rate
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        noise = torch.rand(features.channels, samples) - 0.5
        if waveform is not None:
            _try("augment.waveform", waveform, noise, features.sample_rate, generator(0))
        if spectrogram is not None:
            frames = torch.zeros(1, features.out_channels, int(features.output_length(samples)))
            shown = Padded(frames, torch.tensor([frames.shape[-1]]))
            _try("augment.spectrogram", spectrogram, shown, torch.zeros(1, dtype=torch.int64))
        weight = nn.Parameter(torch.zeros(2, 2))
        made = _try("optimizer", optimizer, [weight])
        _try("schedule", schedule, made, steps=100)


def _try(part: str, call: Any, *given: Any, **named: Any) -> Any:
    try:
        return call(*given, **named)
    except InputError:
        raise
    except Exception as error:  # of a class that the config chose, and may raise what it likes
        raise InputError(f"{part}: {' '.join(str(error).split())}; mend its values") from error
