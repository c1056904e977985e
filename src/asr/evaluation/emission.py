"""What a model emitted over a recording, and when: all that timing its words needs."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from asr.evaluation.frame_times import FrameTime, frame_times
from asr.evaluation.pauses import Loudness, loudness, up_to_pauses
from asr.evaluation.word_times import Word, word_times
from asr.models.acoustic import AcousticModel
from asr.tasks.ctc import CTC


class Emission(NamedTuple):
    """Logits with the time of each frame, and how loud it was.

    Attributes:
        logits: of a recording, ``(classes, frames)``.
        times: of each frame.
        hop: seconds from one frame to the next.
    """

    logits: Tensor
    times: list[FrameTime]
    sound: Loudness
    hop: float

    def then(self, after: "Emission") -> "Emission":
        """That of two parts of a recording in a row."""
        return Emission(
            torch.cat([self.logits, after.logits], dim=1),
            self.times + after.times,
            self.sound.then(after.sound),
            self.hop,
        )

    def words(self, tokens: Sequence[int], task: CTC) -> list[Word]:
        """The words that ``tokens`` spell, and when they were said.

        Raises:
            ValueError: there are fewer frames than the tokens need.
        """
        emitted = word_times(
            self.logits, tokens, task.vocabulary, blank=task.blank, times=self.times
        )
        return list(up_to_pauses(list(emitted), self.sound, self.hop))


def emission(
    model: AcousticModel, waveform: Tensor, logits: Tensor, begin: float = 0.0
) -> Emission:
    """What ``model`` emitted for ``waveform``.

    Args:
        waveform: ``(channels, samples)``.
        logits: of it, ``(classes, frames)``.
        begin: where in a recording the waveform begins, in seconds.
    """
    seconds = waveform.shape[1] / model.sample_rate
    return Emission(
        logits.cpu(),
        frame_times(model, logits.shape[1], seconds, begin=begin),
        loudness(waveform, model.sample_rate, begin),
        model.hop_ms / 1000,
    )
