import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from asr.decoding.align import align
from asr.decoding.greedy import GreedyDecoder
from asr.evaluation.frame_times import FrameTime
from asr.evaluation.subtitles import phrases, subtitles
from asr.evaluation.word_times import Word, word_times
from asr.padded import Padded
from asr.text.units import Units

LETTERS = Units("character", units=["a", "b", " "])
WORDS = Units("word", units=["one", "two"])


def path_logits(path: list[int], classes: int) -> Tensor:
    """Logits ``(classes, frames)`` whose best class in each frame is that of ``path``."""
    return torch.nn.functional.one_hot(torch.tensor(path), classes).T.float() * 9


def every(seconds: float, frames: int) -> list[FrameTime]:
    return [FrameTime(frame * seconds, (frame + 1) * seconds) for frame in range(frames)]


def test_words_take_the_frames_of_their_letters() -> None:
    path = [3, 0, 0, 3, 1, 3, 2, 3, 3, 1, 1, 3]  # ab b, with blanks
    logits, times = path_logits(path, 4), every(0.04, len(path))

    first, second = word_times(logits, [0, 1, 2, 1], LETTERS, blank=3, times=times)

    assert first[:3] == ("ab", 0.04, 0.2)
    assert second[:3] == ("b", pytest.approx(0.36), pytest.approx(0.44))


def test_whole_words_are_timed_alike() -> None:
    path = [2, 0, 2, 0, 1, 1]
    found = word_times(path_logits(path, 3), [0, 0, 1], WORDS, blank=2, times=every(1, 6))

    assert [word[:3] for word in found] == [("one", 1, 2), ("one", 3, 4), ("two", 4, 6)]


def test_silence_has_no_words() -> None:
    assert not list(word_times(path_logits([3, 3], 4), [], LETTERS, blank=3, times=every(1, 2)))


def test_a_word_is_as_sure_as_its_tokens() -> None:
    shares = torch.tensor([[0.5, 0.1, 0.1], [0.3, 0.8, 0.1], [0.1, 0.05, 0.1], [0.1, 0.05, 0.7]])

    [word] = word_times(shares.log(), [0, 1], LETTERS, blank=3, times=every(1, 3))

    assert word.confidence == pytest.approx((0.5 * 0.8) ** 0.5)


VOCABULARIES = [
    LETTERS, WORDS, Units("marked").fitted(["ab ba", "a bb"]), Units("character", units=["a", "b"])
]  # fmt: skip


@given(data=st.data(), vocabulary=st.sampled_from(VOCABULARIES))
def test_the_words_are_those_of_the_text_whatever_the_tokens(
    data: st.DataObject, vocabulary: Units
) -> None:
    tokens = data.draw(st.lists(st.integers(0, len(vocabulary) - 1), max_size=8))
    path = [place for token in tokens for place in (token, len(vocabulary))]
    logits = path_logits([*path, len(vocabulary)], len(vocabulary) + 1)

    times = every(1, len(path) + 1)
    found = list(word_times(logits, tokens, vocabulary, blank=len(vocabulary), times=times))

    assert [word.text for word in found] == vocabulary.decode(tokens).split()
    # Token n was emitted in frame 2 n, and belongs to the word that the text up to it ends in.
    for number, word in enumerate(found, start=1):
        places = [
            place for place in range(len(tokens)) if vocabulary.decode(tokens[place : place + 1])
            and len(vocabulary.decode(tokens[: place + 1]).split()) == number
        ]  # fmt: skip
        assert (word.begin, word.end) == (2 * places[0], 2 * places[-1] + 1)


@pytest.mark.parametrize("seed", range(20))
def test_what_the_greedy_decoder_heard_is_aligned_as_it_heard_it(seed: int) -> None:
    logits = torch.randn(4, 12, generator=torch.Generator().manual_seed(seed))
    [tokens] = GreedyDecoder()(Padded(logits[None], torch.tensor([12])), blank=3)
    best = logits.argmax(dim=0).tolist()

    for token, (first, last) in zip(tokens, align(logits, tokens, blank=3), strict=True):
        assert best[first : last + 1] == [token] * (last - first + 1)


def test_tokens_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="2 tokens need 3 frames, got 2"):
        align(torch.zeros(3, 2), [1, 1], blank=2)


def test_more_than_the_table_can_hold_is_refused_before_it_is_made() -> None:
    with pytest.raises(ValueError, match=r"40000 tokens in 45000 frames.*at most 23,860 fit"):
        align(torch.zeros(1, 1).expand(3, 45_000), [0, 1] * 20_000, blank=2)


def test_phrases_end_at_pauses_and_before_they_are_too_long() -> None:
    words = [Word("a", 0, 1), Word("b", 1.2, 2), Word("c", 4, 5)]
    words += [Word("d" * 20, 5.1 + n, 6.0 + n) for n in range(3)]

    texts = [" ".join(word.text for word in phrase) for phrase in phrases(words)]

    assert texts == ["a b", f"c {'d' * 20}", " ".join(["d" * 20] * 2)]


def test_hours_are_told() -> None:
    assert "01:01:01,500 --> 01:01:02,000" in subtitles([Word("late", 3661.5, 3662.0)])
