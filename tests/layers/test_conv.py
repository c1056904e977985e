import itertools
import re
from math import inf, nan
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import nn

from asr.layers.conv import TimeConv
from asr.padded import Padded, PaddingMode, extend, pad
from tests.invariance import (
    assert_alone_as_in_a_batch,
    assert_span_is_what_is_heard,
    single,
    utterances,
)

MODES: list[PaddingMode] = ["zeros", "reflect", "replicate", "circular"]
NUMPY = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@st.composite
def options(draw: st.DrawFn) -> dict[str, Any]:
    """Any combination of arguments that is not refused."""
    kernel, dilation = draw(st.integers(1, 7)), draw(st.integers(1, 3))
    reach = dilation * (kernel - 1)
    named = ["valid", "causal"] + (["same"] if reach % 2 == 0 else [])
    padding = draw(st.one_of(st.sampled_from(named), st.integers(0, 12)))
    causal = padding == "causal"
    return {
        "kernel": kernel,
        "stride": draw(st.integers(1, 4)),
        "dilation": dilation,
        "padding": padding,
        "lookahead": draw(st.integers(0, reach)) if causal else 0,
        "padding_mode": draw(st.sampled_from(["zeros", "replicate"] if causal else MODES)),
        "groups": draw(st.sampled_from([1, 2])),
        "bias": draw(st.booleans()),
    }


@given(options=options(), length=st.integers(1, 30))
def test_output_length_is_the_length_of_the_output(options: dict[str, Any], length: int) -> None:
    conv = TimeConv(2, 4, **options)
    stated = conv.output_length(length)

    y = conv(pad([torch.randn(2, length), torch.randn(2, 60)]))

    assert y.lengths.tolist() == [stated, y.values.shape[-1]]
    if stated:
        assert conv(single(torch.randn(2, length))).values.shape == (1, 4, stated)


@given(options=options())
def test_output_lengths_of_a_tensor_are_those_of_its_integers(options: dict[str, Any]) -> None:
    conv = TimeConv(2, 4, **options)

    lengths = conv.output_length(torch.arange(40))

    assert lengths.dtype == torch.int64
    assert lengths.tolist() == [conv.output_length(length) for length in range(40)]
    assert all(a <= b for a, b in itertools.pairwise(lengths))


@pytest.mark.parametrize("padding", ["same", "causal"])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_same_and_causal_give_one_frame_for_each_stride_begun(padding: Any, stride: int) -> None:
    conv = TimeConv(1, 1, 5, stride=stride, padding=padding)

    assert [conv.output_length(n) for n in range(1, 50)] == [-(-n // stride) for n in range(1, 50)]


@given(options=options(), length=st.integers(1, 30))
def test_values_are_those_of_conv1d(options: dict[str, Any], length: int) -> None:
    conv = TimeConv(2, 4, **options)
    left, right = conv.pads
    reflect, circular = (options["padding_mode"] == mode for mode in ("reflect", "circular"))
    # What torch cannot do is compared with numpy below.
    assume(conv.output_length(length) > 0)
    assume(not (reflect and max(left, right) >= length))
    assume(not (circular and max(left, right) > length))
    x = torch.randn(1, 2, length)

    expected = _conv1d(conv, x, options["padding_mode"])

    torch.testing.assert_close(conv(single(x)).values, expected)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("padding", [0, 1, 3])
@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(1, 1, 1), (3, 2, 1), (4, 3, 2)])
def test_a_number_as_padding_means_what_it_means_to_conv1d(
    mode: PaddingMode, padding: int, kernel: int, stride: int, dilation: int
) -> None:
    sizes = {"stride": stride, "dilation": dilation, "padding": padding, "padding_mode": mode}
    conv, reference = TimeConv(2, 4, kernel, **sizes), nn.Conv1d(2, 4, kernel, **sizes)
    reference.load_state_dict(conv.conv.state_dict())
    x = torch.randn(3, 2, 17)

    torch.testing.assert_close(conv(single(x)).values, reference(x))


@pytest.mark.parametrize("mode", MODES)
def test_same_means_what_it_means_to_conv1d(mode: PaddingMode) -> None:
    conv = TimeConv(2, 4, 5, dilation=2, padding="same", padding_mode=mode)
    reference = nn.Conv1d(2, 4, 5, dilation=2, padding="same", padding_mode=mode)
    reference.load_state_dict(conv.conv.state_dict())
    x = torch.randn(3, 2, 17)

    torch.testing.assert_close(conv(single(x)).values, reference(x))


@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    pads=st.tuples(st.integers(0, 25), st.integers(0, 25)),
    mode=st.sampled_from(MODES[1:]),
)
def test_frames_are_added_at_the_true_ends_as_numpy_does(
    lengths: list[int], pads: tuple[int, int], mode: PaddingMode
) -> None:
    inputs = utterances(lengths, channels=2)

    extended = extend(pad(inputs, nan), pads, mode)

    assert extended.shape[-1] == max(lengths) + sum(pads)
    for x, y in zip(inputs, extended, strict=True):
        total = x.shape[-1] + sum(pads)
        np.testing.assert_array_equal(y[:, :total], np.pad(x, ((0, 0), pads), NUMPY[mode]))
        assert not y[:, total:].any()


@given(options=options(), lengths=st.lists(st.integers(1, 25), min_size=2, max_size=4))
def test_an_utterance_is_the_same_alone_and_in_a_batch(
    options: dict[str, Any], lengths: list[int]
) -> None:
    conv = TimeConv(2, 4, **options)
    assume(conv.output_length(max(lengths)) > 0)

    assert_alone_as_in_a_batch(conv, utterances(lengths, channels=2))


@pytest.mark.parametrize(
    "options",
    [
        {"padding": padding, "padding_mode": mode, "lookahead": lookahead}
        for padding, lookahead in [("same", 0), ("valid", 0), (9, 0), ("causal", 0), ("causal", 1)]
        for mode in (MODES if padding != "causal" else ["zeros", "replicate"])
    ],
)
def test_every_kind_of_padding_hides_that_of_the_batch(options: dict[str, Any]) -> None:
    conv = TimeConv(2, 4, 5, stride=2, **options)

    assert_alone_as_in_a_batch(conv, utterances([17, 9, 3], channels=2))


@pytest.mark.parametrize("mode", MODES)
def test_an_empty_utterance_gives_no_frames_and_no_nan_gradient(mode: PaddingMode) -> None:
    conv = TimeConv(1, 1, 3, padding="valid" if mode == "zeros" else 1, padding_mode=mode)
    x = Padded(torch.full((2, 1, 6), nan), torch.tensor([6, 0]))
    x.values[0] = torch.randn(1, 6)

    y = conv(x)
    y.values[0].sum().backward()

    assert y.values[0].isfinite().all()
    assert conv.conv.weight.grad.isfinite().all()


@given(options=options())
def test_the_span_is_what_is_heard(options: dict[str, Any]) -> None:
    conv = TimeConv(2, 4, **options).double()
    assume(conv.output_length(30) > 0)

    assert_span_is_what_is_heard(conv, channels=2, length=30)


def test_causal_frames_hear_no_later_frame() -> None:
    conv = TimeConv(2, 2, 7, padding="causal", dilation=2)

    assert (conv.span.left, conv.span.right) == (12, 0)


def test_lookahead_is_how_many_later_frames_are_heard() -> None:
    conv = TimeConv(2, 2, 7, padding="causal", lookahead=3)

    assert (conv.span.left, conv.span.right) == (3, 3)


def test_an_edge_that_wraps_around_hears_the_other_end() -> None:
    assert TimeConv(1, 1, 3, padding_mode="circular").span.right == inf


@pytest.mark.parametrize("padding", [(2, 0), (0, 2)])
def test_an_edge_that_is_reflected_on_one_side_hears_beyond_its_window(
    padding: tuple[int, int],
) -> None:
    conv = TimeConv(2, 4, 3, padding=padding, padding_mode="reflect").double()

    assert_span_is_what_is_heard(conv, channels=2, length=30)
    assert conv.span.right == inf
    assert conv.streaming_obstacle


def test_depthwise_convolution_has_one_kernel_for_each_channel() -> None:
    assert TimeConv(6, 6, 5, groups=6, bias=False).conv.weight.shape == (6, 1, 5)


def test_padding_of_the_batch_has_no_gradient() -> None:
    x = pad(utterances([9, 4]), nan)
    x.values.requires_grad_()

    TimeConv(1, 1, 3, padding_mode="replicate")(x).values[:, :, :4].sum().backward()

    assert not x.values.grad[1, :, 4:].any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel": 0}, "kernel must be at least 1, got 0"),
        ({"kernel": 3, "stride": 0}, "stride must be at least 1, got 0"),
        ({"kernel": 3, "dilation": -1}, "dilation must be at least 1, got -1"),
        ({"kernel": 3, "groups": 0}, "groups must be at least 1, got 0"),
        ({"kernel": 3, "groups": 3}, "groups must divide the channels on both sides, got 3"),
        ({"kernel": 3, "groups": 4}, "got 4 groups for 2 -> 4 channels"),
        ({"kernel": 3, "padding": -1}, "padding must be 0 or more frames, or two of them, got -1"),
        ({"kernel": 3, "padding": "full"}, "padding must be 'same', 'valid', 'causal' or frames"),
        ({"kernel": 4}, "'same' needs an odd kernel to stay centred on a frame, got kernel 4"),
        ({"kernel": 3, "lookahead": 1}, "lookahead goes with padding 'causal', got padding 'same'"),
        ({"kernel": 3, "padding": "causal", "lookahead": 3}, "must be 0 to 2, the kernel's reach"),
        ({"kernel": 3, "padding": "causal", "lookahead": -1}, "got -1 frames"),
        ({"kernel": 3, "padding_mode": "mirror"}, "padding_mode must be one of"),
        ({"kernel": 3, "padding": "causal", "padding_mode": "reflect"}, "must not hear"),
        ({"kernel": 3, "padding": "causal", "padding_mode": "circular"}, "must not hear"),
    ],
)
def test_what_cannot_be_right_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        TimeConv(2, 4, **options)


@pytest.mark.parametrize("channels", [(4, 6), (6, 4)])
def test_groups_must_divide_the_channels_on_both_sides(channels: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="groups must divide the channels on both sides"):
        TimeConv(*channels, 3, groups=4)


@pytest.mark.parametrize("channels", [(0, 1), (1, 0)])
def test_no_channels_are_refused(channels: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="channels must be at least 1, got 0"):
        TimeConv(*channels, 3)


def test_an_even_kernel_is_centred_where_dilation_makes_its_reach_even() -> None:
    assert TimeConv(1, 1, 4, dilation=2).pads == (3, 3)


def _conv1d(conv: TimeConv, x: torch.Tensor, mode: PaddingMode) -> torch.Tensor:
    how = "constant" if mode == "zeros" else mode
    sizes = (conv.conv.stride, 0, conv.conv.dilation, conv.conv.groups)
    return F.conv1d(F.pad(x, conv.pads, how), conv.conv.weight, conv.conv.bias, *sizes)
