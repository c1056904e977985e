import re
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from asr.layers.block import ConvBlock
from asr.layers.unit import ConvUnit
from asr.padded import Padded
from asr.span import Span
from tests.invariance import (
    assert_alone_as_in_a_batch,
    assert_span_is_what_is_heard,
    single,
    utterances,
)


@st.composite
def options(draw: st.DrawFn) -> dict[str, Any]:
    """Blocks of most kinds, with as many channels in (4) as the widest choice of groups needs."""
    residual = draw(st.booleans())
    padding = draw(st.sampled_from(["same", "causal"] if residual else ["same", "causal", "valid"]))
    separable = draw(st.booleans())
    pool = {
        "kind": draw(st.sampled_from(["max", "average"])),
        "kernel": draw(st.integers(1, 3)),
        "ceil_mode": draw(st.booleans()),
    }
    made = {
        "channels": draw(st.sampled_from([4, 6])),
        "kernels": draw(st.lists(st.sampled_from([1, 3, 5]), min_size=1, max_size=2)),
        "stride": draw(st.integers(1, 3)),
        "padding": padding,
        "dilation": draw(st.integers(1, 2)),
        "groups": 1 if separable else draw(st.sampled_from([1, 2])),
        "separable": separable,
        "kernel_factor": draw(st.sampled_from([1.0, 0.5])),
        "stride_last": draw(st.booleans()),
        "weight_norm": draw(st.booleans()),
        "norm": draw(st.sampled_from(["batch", "batch_plain", "layer", "none"])),
        "norm_first": residual or draw(st.booleans()),
        "activation": draw(
            st.sampled_from(["leaky_relu", "gelu", "silu", *([] if residual else ["glu"])])
        ),
        "squeeze_excite": draw(st.sampled_from([None, {"reduction": 2, "window": 3}])),
        "residual": residual and draw(st.sampled_from([True, "projected", "dense"])),
        "pool": draw(st.one_of(st.none(), st.just(pool))),
    }
    if made["residual"] == "dense":
        made |= {"stride": 1, "pool": None}
    if made["activation"] == "glu" or not made["norm_first"]:
        made["squeeze_excite"] = None
    return made


@settings(max_examples=30)
@given(options=options(), lengths=st.lists(st.integers(1, 20), min_size=2, max_size=3))
def test_an_utterance_is_the_same_alone_and_in_a_batch(
    options: dict[str, Any], lengths: list[int]
) -> None:
    block = ConvBlock(4, **options).eval()
    assume(all(block.output_length(length) for length in lengths))

    assert_alone_as_in_a_batch(block, utterances(lengths, channels=4))


@settings(max_examples=40)
@given(options=options(), length=st.integers(20, 40))
def test_the_span_is_what_is_heard(options: dict[str, Any], length: int) -> None:
    block = ConvBlock(4, **{**options, "activation": "leaky_relu"}).double().eval()
    lossless = (options["pool"] or {}).get("kind") != "max"

    assert_span_is_what_is_heard(block, channels=4, length=length, exact=lossless)


@settings(max_examples=30)
@given(options=options())
def test_every_parameter_learns(options: dict[str, Any]) -> None:
    block = ConvBlock(4, **options)

    y = block(single(torch.randn(3, 4, 30)))
    (y.values * torch.randn_like(y.values)).sum().backward()

    assert all(p.grad is not None and p.grad.any() for p in block.parameters())


@pytest.mark.parametrize(("channels", "stride"), [(4, 1), (6, 1), (4, 2), (6, 3)])
def test_a_shortcut_is_added_before_the_last_activation(channels: int, stride: int) -> None:
    block = ConvBlock(4, channels, [3, 7], stride=stride, residual=True).eval()
    x = single(torch.randn(2, 4, 20))

    y = block(x).values

    through, around = block.units(x).values, block.shortcuts[0](x).values
    torch.testing.assert_close(y, (through + around).relu())
    assert len(block.shortcuts[0]) == (0 if (channels, stride) == (4, 1) else 3)
    assert (through < 0).any()  # nothing was cut off before the sum


def test_without_a_shortcut_every_unit_ends_with_its_activation() -> None:
    block = ConvBlock(4, 6, [3, 5]).eval()

    assert (block(single(torch.randn(2, 4, 20))).values >= 0).all()
    assert not block.shortcuts


def test_a_unit_is_convolution_then_norm_then_activation() -> None:
    unit = ConvUnit(4, 6, 5).eval()
    conv, norm, _ = unit
    nn.init.normal_(norm.bias)
    x = single(torch.randn(2, 4, 20))

    torch.testing.assert_close(unit(x).values, norm(conv(x)).values.relu())


@pytest.mark.parametrize(
    ("activation", "function"),
    [
        ("relu", nn.functional.relu),
        ("gelu", nn.functional.gelu),
        ("silu", nn.functional.silu),
        ("leaky_relu", nn.functional.leaky_relu),
        ("hardtanh", nn.functional.hardtanh),
        ("none", lambda x: x),
    ],
)
def test_an_activation_is_the_function_of_its_name(activation: Any, function: Any) -> None:
    unit = ConvUnit(2, 3, 3, norm="none", activation=activation)
    x = single(3 * torch.randn(2, 2, 9))

    torch.testing.assert_close(unit(x).values, function(unit[0](x).values))


@pytest.mark.parametrize(("norm", "expected"), [("batch", 12), ("layer", 12), ("none", 6)])
def test_a_separable_unit_has_a_kernel_for_each_channel_and_a_matrix(
    norm: Any, expected: int
) -> None:
    unit = ConvUnit(4, 6, 11, separable=True, norm=norm)

    parameters = sum(p.numel() for p in unit.parameters())

    # With no normalisation the six are a bias, else a scale and a shift.
    assert parameters == 4 * 11 + 4 * 6 + expected


def test_stride_dilation_and_padding_of_a_separable_unit_are_those_of_its_depthwise_part() -> None:
    unit = ConvUnit(4, 6, 5, separable=True, stride=2, dilation=3, padding="causal", lookahead=4)

    assert unit.span == Span(8, 4, 2)
    assert unit[1].span == Span()
    assert unit[0].conv.groups == 4


@pytest.mark.parametrize(
    ("options", "has_bias"),
    [({}, False), ({"norm": "none"}, True), ({"bias": True}, True),
     ({"norm": "none", "bias": False}, False)],
)  # fmt: skip
def test_a_bias_is_left_out_where_a_norm_has_one_anyway(
    options: dict[str, Any], has_bias: bool
) -> None:
    assert (ConvUnit(4, 6, 3, **options)[0].conv.bias is not None) == has_bias


def test_only_the_first_unit_strides() -> None:
    block = ConvBlock(4, 6, [3, 7, 3], stride=2)

    assert [unit.span.stride for unit in block.units] == [2, 1, 1]
    assert [unit[0].conv.in_channels for unit in block.units] == [4, 6, 6]


def test_pooling_comes_last() -> None:
    options = {"kernels": [3, 7], "residual": True}
    plain, pooled = (
        ConvBlock(4, 4, **options, pool=pool).eval()
        for pool in (None, {"kind": "max", "kernel": 2})
    )
    pooled.load_state_dict(plain.state_dict())
    x = single(torch.randn(2, 4, 21))

    expected = nn.functional.max_pool1d(plain(x).values, 2, ceil_mode=True)

    torch.testing.assert_close(pooled(x).values, expected)
    assert pooled.output_length(21) == 11


@pytest.mark.parametrize("residual", [False, True])
def test_dropout_zeroes_the_stated_part_in_training_only(residual: bool) -> None:
    block = ConvBlock(1, 64, [1], norm="none", activation="none", dropout=0.25, residual=residual)
    x = single(torch.randn(1, 1, 1000))

    dropped = (block(x).values == 0).float().mean()

    assert float(dropped) == pytest.approx(0.25, abs=0.02)
    assert (block.eval()(x).values != 0).all()


def test_dropout_of_the_last_unit_comes_after_the_sum() -> None:
    block = ConvBlock(4, 4, [3], norm="none", dropout=0.5, residual=True)

    assert (block.units(single(torch.randn(2, 4, 50))).values != 0).all()


def test_padding_in_training_changes_nothing_but_the_padding() -> None:
    block = ConvBlock(2, 4, [3, 7], residual=True, pool={"kind": "average", "kernel": 2})
    x, lengths = torch.randn(2, 2, 30), torch.tensor([20, 14])
    more, less = x.clone(), x[:, :, :20].clone()
    more[0, :, 20:] = more[1, :, 14:] = float("nan")

    one, other = block(Padded(more, lengths)), block(Padded(less, lengths))

    torch.testing.assert_close(one.values[0, :, :10], other.values[0])
    torch.testing.assert_close(one.values[1, :, :7], other.values[1, :, :7])


@pytest.mark.parametrize("padding", ["valid", 0, 1, 3])
def test_a_shortcut_that_cannot_line_up_is_refused(padding: Any) -> None:
    with pytest.raises(ValueError, match="padding that keeps its length"):
        ConvBlock(4, 4, [5], padding=padding, residual=True)


def test_a_shortcut_beside_a_number_that_keeps_the_length_is_allowed() -> None:
    assert ConvBlock(4, 4, [5], padding=2, residual=True).output_length(9) == 9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernels": []}, "a block needs at least one kernel, got none"),
        ({"kernels": [3], "separable": True, "groups": 2}, "sets its own groups, got groups 2"),
        ({"kernels": [3], "activation": "tanh"}, "activation must be one of ['relu', 'gelu'"),
        ({"kernels": [3], "dropout": 1.0}, "dropout must be at least 0 and below 1, got 1"),
        ({"kernels": [3], "dropout": -0.1}, "dropout must be at least 0 and below 1, got -0.1"),
        ({"kernels": [3], "norm": "group"}, "norm must be"),
        ({"kernels": [4]}, "'same' needs an odd kernel"),
        ({"kernels": [3], "pool": {"kind": "max", "kernel": 0}}, "pooling needs a kernel"),
    ],
)
def test_what_cannot_be_right_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        ConvBlock(4, 6, **options)


def test_a_factor_makes_kernels_odd() -> None:
    block = ConvBlock(2, 2, [11, 13, 39, 1], kernel_factor=0.25)
    kernels = [unit[0].conv.kernel_size[0] for unit in block.units]  # type: ignore[index]
    assert kernels == [3, 3, 9, 1]  # 2.75, 3.25, 9.75 and 0.25, rounded down, at least 1, odd


def test_the_last_unit_can_have_the_stride() -> None:
    block = ConvBlock(2, 2, [3, 3, 3], stride=2, stride_last=True)
    assert [unit[0].conv.stride[0] for unit in block.units] == [1, 1, 2]  # type: ignore[index]


def test_a_projected_shortcut_has_a_convolution_even_where_nothing_changes() -> None:
    block = ConvBlock(4, 4, [3], residual="projected", norm_eps=1e-3).eval()
    x = single(torch.randn(4, 9))
    conv, norm, finish = block.shortcuts[0]  # type: ignore[misc]
    assert norm.eps == 1e-3
    expected = block.units(x).values + finish(norm(conv(x))).values
    torch.testing.assert_close(block(x).values, expected.relu())


def test_a_gated_unit_is_half_of_its_convolution_times_the_gate_of_the_other() -> None:
    block = ConvBlock(4, 3, [3], activation="glu", norm="none")
    x = single(torch.randn(4, 9))
    both = block.units[0][0](x).values  # type: ignore[index]
    assert both.shape[1] == 6
    torch.testing.assert_close(block(x).values, both[:, :3] * both[:, 3:].sigmoid())


def test_normalisation_can_come_last() -> None:
    block = ConvBlock(4, 3, [3], norm="batch_plain", norm_first=False)
    y = block(single(torch.randn(4, 50))).values
    assert not list(block.units[0][2].parameters())  # type: ignore[index]
    torch.testing.assert_close(y.mean((0, 2)), torch.zeros(3), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel_factor": 0.0}, "kernel_factor must be above 0, got 0"),
        ({"residual": "sparse"}, "residual must be true, false, 'projected' or 'dense'"),
        ({"earlier": (2,)}, "earlier inputs go with residual 'dense'"),
        ({"residual": True, "activation": "glu"}, "adds before its activation"),
        ({"residual": True, "norm_first": False}, "adds before its activation"),
        ({"residual": "dense", "stride": 2}, "none can have a stride or pooling"),
        ({"norm_eps": 0.0}, "norm_eps must be above 0, got 0"),
        ({"squeeze_excite": {"reduction": 5}}, "reduction must be 1 to the channels (4), got 5"),
        ({"squeeze_excite": {"reduction": 2, "window": 4}}, "window must be odd"),
        ({"squeeze_excite": {"reduction": 2}, "activation": "glu"}, "squeeze"),
    ],
)
def test_new_combinations_that_cannot_be_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        ConvBlock(4, 4, [3], **options)
