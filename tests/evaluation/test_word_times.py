import pytest
import torch
from torch import Tensor

from asr.decoding.align import align
from asr.decoding.greedy import GreedyDecoder
from asr.evaluation.subtitles import phrases, subtitles
from asr.evaluation.word_times import Word, word_times
from asr.padded import Padded
from asr.text.units import Units

LETTERS = Units("character", units=["a", "b", " "])
WORDS = Units("word", units=["one", "two"])


def path_logits(path: list[int], classes: int) -> Tensor:
    """Logits ``(classes, frames)`` whose best class in each frame is that of ``path``."""
    return torch.nn.functional.one_hot(torch.tensor(path), classes).T.float() * 9


def test_words_take_the_frames_of_their_letters() -> None:
    path = [3, 0, 0, 3, 1, 3, 2, 3, 3, 1, 1, 3]  # ab b, with blanks
    found = list(word_times(path_logits(path, 4), [0, 1, 2, 1], LETTERS, blank=3, hop_ms=40))

    assert found == [Word("ab", 0.04, 0.2), Word("b", pytest.approx(0.36), pytest.approx(0.44))]


def test_whole_words_are_timed_alike() -> None:
    path = [2, 0, 2, 0, 1, 1]
    found = list(word_times(path_logits(path, 3), [0, 0, 1], WORDS, blank=2, hop_ms=1000))

    assert found == [Word("one", 1, 2), Word("one", 3, 4), Word("two", 4, 6)]


def test_silence_has_no_words() -> None:
    assert list(word_times(path_logits([3, 3], 4), [], LETTERS, blank=3, hop_ms=40)) == []


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


def test_phrases_end_at_pauses_and_before_they_are_too_long() -> None:
    words = [Word("a", 0, 1), Word("b", 1.2, 2), Word("c", 4, 5)]
    words += [Word("d" * 20, 5.1 + n, 6.0 + n) for n in range(3)]

    texts = [" ".join(word.text for word in phrase) for phrase in phrases(words)]

    assert texts == ["a b", f"c {'d' * 20}", " ".join(["d" * 20] * 2)]


def test_hours_are_told() -> None:
    assert "01:01:01,500 --> 01:01:02,000" in subtitles([Word("late", 3661.5, 3662.0)])
