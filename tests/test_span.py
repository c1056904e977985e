from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.layers.conv import TimeConv
from asr.layers.pool import TimePool
from asr.layers.sequential import TimeSequential
from asr.padded import PaddingMode
from asr.span import Span, fold, shortest_input

SPANS = st.builds(
    Span, st.integers(0, 5), st.integers(0, 5), st.integers(1, 4), st.booleans(), st.just(0)
)


@given(first=SPANS, second=SPANS, frame=st.integers(0, 9))
def test_one_layer_after_another_hears_what_its_frames_hear(
    first: Span, second: Span, frame: int
) -> None:
    heard = {x for y in _heard(second, frame) for x in _heard(first, y)}

    both = first.then(second)

    assert (min(heard), max(heard)) == (_heard(both, frame)[0], _heard(both, frame)[-1])


@given(first=SPANS, second=SPANS, frame=st.integers(0, 9))
def test_layers_beside_each_other_hear_what_either_hears(
    first: Span, second: Span, frame: int
) -> None:
    second = second._replace(stride=first.stride)

    heard = {*_heard(first, frame), *_heard(second, frame)}

    assert sorted(heard) == list(_heard(first.beside(second), frame))


@given(spans=st.lists(SPANS, min_size=3, max_size=3))
def test_the_order_of_joining_does_not_matter(spans: list[Span]) -> None:
    first, second, third = spans

    assert first.then(second).then(third) == first.then(second.then(third))


@given(span=SPANS)
def test_nothing_before_or_after_changes_nothing(span: Span) -> None:
    assert Span().then(span) == span == span.then(Span())


@given(first=SPANS, second=SPANS, frame=st.integers(0, 9))
def test_the_centre_is_the_middle_of_what_a_frame_hears(
    first: Span, second: Span, frame: int
) -> None:
    both = first.then(second)

    heard = _heard(both, frame)

    assert frame * both.stride + both.centre == (heard[0] + heard[-1]) / 2
    assert both.centre == first.centre + first.stride * second.centre


def test_a_layer_that_wraps_around_keeps_the_centre_of_its_window() -> None:
    def stack(padding_mode: PaddingMode) -> Span:
        return fold([TimeConv(1, 1, 4, padding=(1, 3), padding_mode=padding_mode),
                     TimePool("max", 2), TimeConv(1, 1, 3, padding_mode=padding_mode)])  # fmt: skip

    plain, around = stack("zeros"), stack("circular")

    assert plain.centre == 1
    assert (around.left, around.centre) == (inf, 1)
    assert Span().beside(around).centre == around.beside(Span()).centre == 1


def test_the_receptive_field_counts_the_frame_itself() -> None:
    assert Span().receptive_field == 1
    assert Span(left=3, right=1).receptive_field == 5
    assert Span(left=inf, right=inf).receptive_field == inf


def test_fold_joins_the_spans_of_layers() -> None:
    assert fold([TimeConv(1, 1, 3), TimePool("max", 2), TimeConv(1, 1, 7)]) == Span(7, 8, 2)
    assert fold([]) == Span()


@pytest.mark.parametrize("frames", range(1, 20))
@pytest.mark.parametrize("kernel", [1, 3, 8])
@pytest.mark.parametrize("stride", [1, 2, 5])
def test_the_shortest_input_is_found(frames: int, kernel: int, stride: int) -> None:
    layer = TimeSequential(
        TimeConv(1, 1, kernel, stride=stride, padding="valid"), TimePool("max", 2, ceil_mode=False)
    )

    found = shortest_input(layer, frames)

    assert layer.output_length(found) >= frames
    assert layer.output_length(found - 1) < frames


def _heard(span: Span, frame: int) -> range:
    start = frame * span.stride
    return range(start - int(span.left), start + int(span.right) + 1)
