import itertools
import re
from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import nn

from asr.layers.pool import TimePool
from asr.padded import Padded, pad
from tests.invariance import (
    assert_alone_as_in_a_batch,
    assert_span_is_what_is_heard,
    single,
    utterances,
)


@st.composite
def options(draw: st.DrawFn) -> dict[str, Any]:
    kernel = draw(st.integers(1, 6))
    return {
        "kind": draw(st.sampled_from(["max", "average"])),
        "kernel": kernel,
        "stride": draw(st.one_of(st.none(), st.integers(1, 8))),
        "padding": draw(st.integers(0, kernel // 2)),
        "ceil_mode": draw(st.booleans()),
    }


@given(options=options(), length=st.integers(1, 25))
def test_values_and_lengths_are_those_of_torch(options: dict[str, Any], length: int) -> None:
    pool = TimePool(**options)
    x = torch.randn(2, 3, length)
    kind, kernel = options["kind"], options["kernel"]
    rest = {name: options[name] for name in ("stride", "padding", "ceil_mode")}
    if kind == "max":
        reference: nn.Module = nn.MaxPool1d(kernel, **rest)
    else:
        reference = nn.AvgPool1d(kernel, **rest, count_include_pad=False)

    if pool.output_length(length) == 0:
        with pytest.raises(RuntimeError, match=r"Invalid computed output size|too small"):
            reference(x)
        return

    torch.testing.assert_close(pool(single(x)).values, reference(x))
    assert pool(single(x)).lengths.tolist() == [reference(x).shape[-1]] * 2


@given(options=options())
def test_output_lengths_of_a_tensor_are_those_of_its_integers(options: dict[str, Any]) -> None:
    pool = TimePool(**options)

    lengths = pool.output_length(torch.arange(40))

    assert lengths.dtype == torch.int64
    assert lengths.tolist() == [pool.output_length(length) for length in range(40)]
    assert all(a <= b for a, b in itertools.pairwise(lengths))


@given(options=options(), lengths=st.lists(st.integers(1, 20), min_size=2, max_size=4))
def test_an_utterance_is_the_same_alone_and_in_a_batch(
    options: dict[str, Any], lengths: list[int]
) -> None:
    pool = TimePool(**options)
    assume(pool.output_length(max(lengths)) > 0)

    assert_alone_as_in_a_batch(pool, utterances(lengths, channels=2))


@given(options=options())
def test_the_span_is_what_is_heard(options: dict[str, Any]) -> None:
    pool = TimePool(**options)
    raised = options["kind"] == "average" or options["kernel"] <= pool.stride

    assert_span_is_what_is_heard(pool, channels=2, length=30, exact=raised)


@pytest.mark.parametrize("kind", ["max", "average"])
def test_padding_is_never_the_maximum_nor_part_of_a_mean(kind: Any) -> None:
    pool = TimePool(kind, 4)

    y = pool(Padded(torch.tensor([[[-3.0, -3, -3, -3, -3, 100]]]), torch.tensor([5])))

    assert y.lengths.tolist() == [2]
    assert y.values.tolist() == [[[-3, -3]]]


@pytest.mark.parametrize("kind", ["max", "average"])
def test_frames_after_the_end_come_out_as_zero(kind: Any) -> None:
    y = TimePool(kind, 2)(pad(utterances([8, 3]), float("nan")))

    assert not y.values[1, :, 2:].any()


def test_one_frame_is_enough_at_the_usual_stride() -> None:
    assert TimePool("max", 4).output_length(1) == 1
    assert TimePool("max", 4, ceil_mode=False).output_length(3) == 0


@pytest.mark.parametrize("kind", ["max", "average"])
def test_half_precision_stays_half_precision(kind: Any) -> None:
    x = pad(utterances([8, 5]), float("nan"))

    y = TimePool(kind, 3)(x._replace(values=x.values.bfloat16()))

    assert y.values.dtype == torch.bfloat16
    assert y.values[1, :, : y.lengths[1]].isfinite().all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "median", "kernel": 2}, "pooling must be 'max' or 'average', got 'median'"),
        ({"kind": "max", "kernel": 0}, "a kernel and a stride of at least 1, got 0 and 0"),
        ({"kind": "max", "kernel": 2, "stride": 0}, "stride of at least 1, got 2 and 0"),
        ({"kind": "max", "kernel": 3, "padding": 2}, "must be 0 to half the kernel 3, got 2"),
        ({"kind": "max", "kernel": 3, "padding": -1}, "must be 0 to half the kernel 3, got -1"),
    ],
)
def test_what_cannot_be_right_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        TimePool(**options)
