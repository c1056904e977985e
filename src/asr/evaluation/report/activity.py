"""What a network thought at each moment of an utterance: the probabilities of its tokens."""

from base64 import b64encode
from typing import Any

import torch
from torch import Tensor

from asr.assemble import Recognizer
from asr.evaluation.recognise import infer, misfit
from asr.padded import pad
from asr.tasks.ctc import CTC

_MOST = 32  # tokens, the most probable ones
_LEAST = 0.02  # probability that a token must reach somewhere to be shown


def activity(recognizer: Recognizer, waveform: Tensor) -> dict[str, Any] | None:
    """The tokens that were probable somewhere, in the order of their peaks, the blank last.

    ``None`` for a model of labels, and where the waveform gives no frame.

    Args:
        waveform: ``(channels, samples)``.

    Returns:
        ``tokens``; ``frames``; ``probabilities``, of each token the bytes of 0 to 255 for 0 to 1
        in base64, one after the other; ``best``, the token of each frame as its number among
        those shown, -1 for another; ``first`` and ``hop``, the time of the middle of the first
        frame and from one to the next, in seconds.
    """
    if not isinstance(recognizer.task, CTC) or misfit(waveform, recognizer.model) is not None:
        return None
    logits = infer(recognizer.model, pad([waveform])).values[0].cpu()
    shares = logits.float().softmax(dim=0)  # (classes, frames)
    blank = recognizer.task.blank
    shown = [*_probable(shares, blank), blank]
    numbers = {token: number for number, token in enumerate(shown)}
    return {
        "tokens": [*(recognizer.vocabulary.symbols[token] for token in shown[:-1]), None],
        "frames": shares.shape[1],
        "probabilities": b64encode(
            (shares[shown] * 255).round().to(torch.uint8).numpy().tobytes()
        ).decode(),
        "best": [numbers.get(token, -1) for token in shares.argmax(dim=0).tolist()],
        "first": round(recognizer.model.frame_seconds(0), 6),
        "hop": round(recognizer.model.hop_ms / 1000, 6),
    }  # fmt: skip


def _probable(shares: Tensor, blank: int) -> list[int]:
    """Tokens, without the blank, in the order in which they are most probable."""
    peaks, places = shares.max(dim=1)
    peaks[blank] = 0
    kept = [token for token in peaks.topk(min(_MOST, len(peaks))).indices.tolist()
            if peaks[token] >= _LEAST]  # fmt: skip
    return sorted(kept, key=lambda token: (int(places[token]), token))
