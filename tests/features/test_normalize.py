from math import nan

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from asr.features.normalize import Normalize
from asr.padded import Padded, pad
from asr.span import Span
from tests.invariance import assert_alone_as_in_a_batch, single, utterances

LENGTHS = st.lists(st.integers(2, 30), min_size=1, max_size=4)


@given(lengths=LENGTHS)
def test_an_utterance_gets_mean_zero_and_deviation_one_whatever_pads_it(
    lengths: list[int],
) -> None:
    inputs = [5 * x + 3 for x in utterances(lengths, channels=2)]

    y = Normalize("utterance", 2)(pad(inputs, nan))

    for x, row, length in zip(inputs, y.values, lengths, strict=True):
        variance = x.var(dim=-1, correction=0, keepdim=True)
        expected = (x - x.mean(dim=-1, keepdim=True)) / (variance + 1e-5).sqrt()
        torch.testing.assert_close(row[:, :length], expected, rtol=1e-4, atol=1e-4)
        assert not row[:, length:].any()


@given(lengths=LENGTHS)
def test_level_takes_one_mean_and_deviation_of_all_features(lengths: list[int]) -> None:
    tilt = torch.tensor([[1.0], [4.0]])
    inputs = [tilt * x + tilt for x in utterances(lengths, channels=2)]

    y = Normalize("level", 2)(pad(inputs, nan))

    for x, row, length in zip(inputs, y.values, lengths, strict=True):
        expected = (x - x.mean()) / (x.var(correction=0) + 1e-5).sqrt()
        torch.testing.assert_close(row[:, :length], expected, rtol=1e-4, atol=1e-4)
        assert not row[:, length:].any()


@given(gain=st.floats(-5, 5))
def test_level_hears_no_loudness_but_the_shape_of_the_spectrum(gain: float) -> None:
    x = torch.randn(1, 3, 20) + torch.tensor([[0.0], [3.0], [6.0]])
    norm = Normalize("level", 3)

    louder = norm(single(x + gain)).values

    torch.testing.assert_close(louder, norm(single(x)).values, rtol=1e-3, atol=1e-3)
    assert louder.mean(dim=-1)[0].diff().min() > 0.5


@given(batches=st.lists(LENGTHS, min_size=1, max_size=3))
def test_global_statistics_make_the_data_they_come_from_standard(batches: list[list[int]]) -> None:
    data = [[5 * x + 3 for x in utterances(lengths, channels=2)] for lengths in batches]
    norm = Normalize("global", 2)

    norm.fit(pad(inputs, nan) for inputs in data)
    frames = torch.cat([norm(single(x)).values[0] for inputs in data for x in inputs], dim=1)

    torch.testing.assert_close(frames.mean(dim=1), torch.zeros(2), rtol=0, atol=1e-4)
    torch.testing.assert_close(frames.std(dim=1, correction=0), torch.ones(2), rtol=0, atol=1e-3)


def test_global_statistics_forget_those_before() -> None:
    norm = Normalize("global", 1)
    norm.fit([single(torch.randn(1, 1, 50) + 9)])

    norm.fit([single(torch.tensor([[[1.0, 3.0]]]))])

    assert norm.mean.tolist() == [2]
    assert norm.std.tolist() == pytest.approx([1], abs=1e-4)


def test_global_statistics_of_a_long_corpus_with_a_large_mean_are_exact() -> None:
    norm = Normalize("global", 1)
    batches = [torch.randn(8, 1, 2000) + 500 for _ in range(20)]
    frames = torch.cat([x.flatten() for x in batches]).double()

    norm.fit(single(x) for x in batches)

    assert float(norm.mean) == pytest.approx(float(frames.mean()))
    assert float(norm.std) == pytest.approx(float(frames.std()), rel=1e-4)


def test_global_statistics_of_no_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one frame, got none"):
        Normalize("global", 2).fit([])


def test_before_they_are_fitted_global_statistics_change_nothing() -> None:
    x = single(torch.randn(2, 3, 9))

    assert torch.equal(Normalize("global", 3)(x).values, x.values)


def test_none_only_clears_the_padding() -> None:
    x = Padded(torch.full((1, 1, 4), 2.0), torch.tensor([3]))

    assert Normalize("none", 1)(x).values.tolist() == [[[2, 2, 2, 0]]]


@pytest.mark.parametrize("kind", ["utterance", "level", "global", "none"])
def test_an_utterance_is_the_same_alone_and_in_a_batch(kind: str) -> None:
    assert_alone_as_in_a_batch(Stage(kind), utterances([30, 21, 2], channels=2))


@pytest.mark.parametrize("kind", ["utterance", "level", "global", "none"])
def test_padding_comes_out_as_zero(kind: str) -> None:
    y = Normalize(kind, 2)(pad(utterances([9, 4], channels=2), nan))  # type: ignore[arg-type]

    assert not y.values[1, :, 4:].any()


@pytest.mark.parametrize("kind", ["utterance", "level", "global", "none"])
def test_constant_and_empty_utterances_are_finite(kind: str) -> None:
    x = Padded(torch.full((2, 1, 5), 3.0), torch.tensor([5, 0]))

    assert Normalize(kind, 1)(x).values.isfinite().all()  # type: ignore[arg-type]


def test_utterance_statistics_hear_the_whole_utterance() -> None:
    span = Span(3, 4, 5)

    for kind in ("utterance", "level"):
        assert Normalize(kind, 1).span_after(span) == Span(3, 4, 5, whole=True)
    assert Normalize("global", 1).span_after(span) == Normalize("none", 1).span_after(span) == span


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(
        ValueError, match="normalize must be one of 'utterance', 'level', 'global', 'none'"
    ):
        Normalize("corpus", 1)  # type: ignore[arg-type]


class Stage(Normalize):
    """A normalisation that states its length, as every stage of a model does."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind, 2)  # type: ignore[arg-type]

    def output_length(self, length: int) -> int:
        return length
