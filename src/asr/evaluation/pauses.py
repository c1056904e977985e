"""Words up to the pauses around them: CTC tells which pause it is, the sound where it begins.

A CTC model emits a token somewhere within its sound, or shortly after, and blanks for the rest of
it. What lies between the last token of a word and the first of the next is therefore both of
words and of the pause between them. Here the sound decides: the longest stretch that is quiet,
for what is around it, is the pause.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor

from asr.evaluation.word_times import Word

_STEP = 0.01  # seconds over which loudness is measured
_FARTHEST = 0.5  # seconds from a token to the beginning or the end of its word
_AROUND = 0.1  # seconds of the words that tell how loud they are
_SHARE = 0.2  # of the way from quietest to loudest, in decibels, that is still quiet
_LEAST = 6.0  # decibels from quietest to loudest, or nothing is called a pause
_FLOOR = 1e-10  # mean square of silence, -100 dB


class Loudness(NamedTuple):
    """How loud a recording is in steps of a hundredth of a second.

    Attributes:
        edges: where the steps begin, and where the last one ends, in seconds.
        decibels: of each step, relative to full scale.
    """

    edges: list[float]
    decibels: list[float]

    def then(self, after: "Loudness") -> "Loudness":
        """That of two parts of a recording in a row."""
        return Loudness(self.edges[:-1] + after.edges, self.decibels + after.decibels)


def loudness(waveform: Tensor, sample_rate: int, begin: float = 0.0) -> Loudness:
    """The loudness of ``(channels, samples)``, which begin at ``begin`` seconds."""
    step, samples = round(_STEP * sample_rate), waveform.shape[1]
    power = waveform.square().mean(dim=0)
    # The last step is as short as what is left for it.
    means = F.avg_pool1d(power[None], step, ceil_mode=True, count_include_pad=False)[0]
    edges = [begin + place / sample_rate for place in range(0, samples, step)]
    levels: list[float] = (10 * means.clamp_min(_FLOOR).log10()).tolist()
    return Loudness([*edges, begin + samples / sample_rate], levels)


def up_to_pauses(words: Sequence[Word], sound: Loudness, hop: float) -> Iterator[Word]:
    """The words, each from the end of the pause before it to the beginning of the one after it.

    Where no pause is heard, two words meet in the middle between their tokens, and the recording
    begins and ends with a word. A word keeps the middle half of the frames in which it was
    emitted, and goes at most half a second beyond them.

    Args:
        words: in order of time, as :func:`~asr.evaluation.word_times.word_times` gives them.
        hop: seconds from one frame to the next.
    """
    cores = [_core(word, hop) for word in words]
    begin, end = sound.edges[0], sound.edges[-1]
    for place, (word, core) in enumerate(zip(words, cores, strict=True)):
        if place == 0:
            begin = _beginning(sound, begin, core[0], meet=begin)
        after = cores[place + 1][0] if place + 1 < len(cores) else end
        meet = (core[1] + after) / 2 if place + 1 < len(cores) else end
        until = _ending(sound, core[1], after, meet=meet)
        yield word._replace(begin=begin, end=until)
        begin = max(until, _beginning(sound, core[1], after, meet=meet))


def _core(word: Word, hop: float) -> tuple[float, float]:
    quarter = min(hop, word.end - word.begin) / 4
    return word.begin + quarter, word.end - quarter


def _ending(sound: Loudness, begin: float, end: float, *, meet: float) -> float:
    """Where a word ends whose last token was at ``begin``; the next one's first is at ``end``."""
    pause = _pause(sound, begin, min(end, begin + _FARTHEST))
    return pause[0] if pause else meet if end - begin <= _FARTHEST else begin


def _beginning(sound: Loudness, begin: float, end: float, *, meet: float) -> float:
    """Where a word begins whose first token was at ``end``; the one before it was at ``begin``."""
    pause = _pause(sound, max(begin, end - _FARTHEST), end)
    return pause[1] if pause else meet if end - begin <= _FARTHEST else end


def _pause(sound: Loudness, begin: float, end: float) -> tuple[float, float] | None:
    """The longest quiet stretch from ``begin`` to ``end``; ``None`` where nothing is quieter."""
    edges, levels = sound.edges, sound.decibels
    first, last = bisect_right(edges, begin) - 1, bisect_left(edges, end)
    inside = levels[first:last]
    if not inside:
        return None
    around = levels[bisect_left(edges, begin - _AROUND) : bisect_right(edges, end + _AROUND)]
    lowest, highest = min(inside), max(around or inside)
    if highest - lowest < _LEAST:
        return None
    limit = lowest + _SHARE * (highest - lowest)
    longest, start = (first, first), first
    for place in range(first, last):
        if levels[place] > limit:
            start = place + 1
        elif place + 1 - start > longest[1] - longest[0]:
            longest = start, place + 1
    return max(edges[longest[0]], begin), min(edges[longest[1]], end)
