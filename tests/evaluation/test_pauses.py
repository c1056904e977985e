from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from asr.evaluation.pauses import Loudness, loudness, up_to_pauses
from asr.evaluation.word_times import Word

RATE = 8000


def sound(*parts: tuple[float, float]) -> Tensor:
    """White noise, so many seconds of each amplitude, with a murmur below all of it."""
    waves = [amplitude * torch.randn(1, round(RATE * seconds)) for seconds, amplitude in parts]
    whole = torch.cat(waves, dim=1)
    return whole + 1e-3 * torch.randn_like(whole)


def settled(words: list[Word], waveform: Tensor) -> list[tuple[float, float]]:
    found = up_to_pauses(words, loudness(waveform, RATE), hop=0.04)
    return [(word.begin, word.end) for word in found]


def near(*times: tuple[float, float]) -> list[object]:
    return [pytest.approx(each, abs=0.011) for each in times]


def test_words_reach_from_pause_to_pause() -> None:
    waveform = sound((0.1, 0), (0.4, 0.2), (0.15, 0), (0.3, 0.1), (0.2, 0))

    # Emitted late and shortly, as CTC does.
    found = settled([Word("one", 0.28, 0.36), Word("two", 0.8, 0.84)], waveform)

    assert found == near((0.1, 0.5), (0.65, 0.95))


def test_a_stop_within_a_word_is_no_pause_where_a_longer_one_follows() -> None:
    waveform = sound((0.1, 0), (0.2, 0.2), (0.05, 0), (0.1, 0.2), (0.12, 0), (0.3, 0.2))

    found = settled([Word("six", 0.2, 0.24), Word("two", 0.7, 0.74)], waveform)

    assert found[0] == near((0.1, 0.45))[0]


def test_words_that_run_into_each_other_meet_between_their_tokens() -> None:
    waveform = sound((1.0, 0.2))

    found = settled([Word("one", 0.2, 0.24), Word("two", 0.6, 0.64)], waveform)

    assert found == near((0.0, 0.42), (0.42, 1.0))


def test_a_word_does_not_reach_over_what_is_heard_far_from_it() -> None:
    waveform = sound((1.0, 0), (0.3, 0.2), (1.5, 0), (0.1, 0.2), (1.0, 0))  # then a knock

    [found] = settled([Word("one", 1.1, 1.14)], waveform)

    assert found == near((1.0, 1.3))[0]
    [found] = settled([Word("one", 2.0, 2.04)], sound((5.0, 0.2)))
    assert found == near((2.0, 2.04))[0]  # a sound without end is not all of the word


def test_parts_of_a_recording_are_as_loud_as_the_whole() -> None:
    waveform = sound((0.5, 0.1), (0.5, 0.01))

    whole = loudness(waveform, RATE)
    parts = loudness(waveform[:, :4000], RATE).then(loudness(waveform[:, 4000:], RATE, 0.5))

    assert parts.edges == pytest.approx(whole.edges)
    assert parts.decibels == pytest.approx(whole.decibels)
    assert whole.decibels[0] == pytest.approx(-20, abs=2)
    assert loudness(torch.zeros(2, 85), RATE) == Loudness([0, 0.01, 85 / RATE], [-100, -100])


@given(data=st.data(), seed=st.integers(0, 5))
def test_words_keep_their_order_and_the_middle_of_their_frames(
    data: st.DataObject, seed: int
) -> None:
    torch.manual_seed(seed)
    edges = sorted(data.draw(st.sets(st.integers(0, 100), min_size=2, max_size=9)))
    words = [
        Word("w", a / 50, b / 50) for a, b in list(pairwise(edges))[:: data.draw(st.integers(1, 2))]
    ]
    waveform = sound(*(data.draw(st.lists(
        st.tuples(st.sampled_from([0.05, 0.2, 0.6]), st.sampled_from([0, 0.01, 0.3])),
        min_size=8, max_size=12,
    ))), (2.0, 0))[:, : 2 * RATE]  # fmt: skip

    found = settled(words, waveform)

    times = [time for word in found for time in word]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= 2
    for word, (begin, end) in zip(words, found, strict=True):
        assert end - begin > 0
        assert word.begin - 0.5 <= begin <= (word.begin + word.end) / 2 <= end <= word.end + 0.5
