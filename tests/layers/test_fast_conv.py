import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from asr import padded
from asr.layers import depthwise, norm
from asr.layers.conv import TimeConv
from asr.layers.depthwise import channels_last
from asr.layers.fast_conv import FastConv1d
from asr.models.conv_stack import ConvStack
from asr.padded import Padded


@given(
    batch=st.integers(1, 3),
    time=st.integers(1, 40),
    kernel=st.integers(1, 9),
    padding=st.integers(0, 9),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 4),
    groups=st.sampled_from([1, 2, 20]),
    widen=st.sampled_from([1, 2]),
    bias=st.booleans(),
    last=st.booleans(),
)
def test_it_is_conv1d_forward_and_backward(
    batch: int, time: int, kernel: int, padding: int, stride: int, dilation: int, groups: int,
    widen: int, bias: bool, last: bool,
) -> None:  # fmt: skip
    if time + 2 * padding < dilation * (kernel - 1) + 1:
        return
    made = [
        kind(
            20, 20 * widen, kernel, stride=stride, padding=padding, dilation=dilation,
            groups=groups, bias=bias,
        )
        for kind in (FastConv1d, nn.Conv1d)
    ]  # fmt: skip
    ours, theirs = made
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(batch, 20, time)

    found, expected = _run(ours, channels_last(x) if last else x), _run(theirs, x)

    for left, right in zip(found, expected, strict=True):
        torch.testing.assert_close(left, right, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("dilation", [1, 2])
def test_it_is_conv1d_under_autocast(dilation: int) -> None:
    conv = FastConv1d(20, 20, 5, padding=2 * dilation, dilation=dilation, groups=20)
    x = torch.randn(2, 20, 30)

    with torch.autocast("cpu", torch.bfloat16):
        y = conv(x)

    expected = F.conv1d(
        x, conv.weight, conv.bias, padding=2 * dilation, dilation=dilation, groups=20
    )
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y.float(), expected, rtol=0.03, atol=0.03)


@pytest.mark.parametrize(("kernel", "padding", "dilation"), [(3, 1, 1), (25, 12, 1), (9, 20, 2)])
def test_gradients_under_autocast_are_those_of_conv1d(
    kernel: int, padding: int, dilation: int
) -> None:
    made = [
        kind(20, 20, kernel, padding=padding, dilation=dilation, groups=20)
        for kind in (FastConv1d, nn.Conv1d)
    ]
    ours, theirs = made
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(3, 20, 60)

    with torch.autocast("cpu", torch.bfloat16):
        found = _run(ours, x)

    for left, right in zip(found, _run(theirs, x), strict=True):
        torch.testing.assert_close(
            left.float(), right, rtol=0.05, atol=0.05 * float(right.detach().abs().max())
        )


def test_what_comes_out_has_its_channels_last_so_that_the_next_layer_copies_nothing() -> None:
    if not torch.backends.mkldnn.is_available():
        pytest.skip("without oneDNN nn.Conv1d is used as it is")
    for conv in (FastConv1d(4, 6, 3, padding=1), FastConv1d(20, 20, 3, dilation=2, groups=20)):
        y = conv(torch.randn(2, conv.in_channels, 20))

        assert y.stride(1) == 1
        assert channels_last(y).data_ptr() == y.data_ptr()


@pytest.mark.parametrize(
    "without", ["fast convolutions", "depthwise gradients", "native batch norm", "zeroing in place"]
)
def test_two_hundred_steps_end_at_the_same_loss(
    without: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = _loss_after(200)
    if without == "fast convolutions":
        monkeypatch.setattr(FastConv1d, "_conv_forward", nn.Conv1d._conv_forward)
    elif without == "depthwise gradients":
        monkeypatch.setattr(depthwise._Depthwise, "apply", depthwise._convolved)
    elif without == "zeroing in place":
        monkeypatch.setattr(padded, "zero_beyond_", padded.zero_beyond)
        monkeypatch.setattr(norm, "zero_beyond_", padded.zero_beyond)
    else:
        monkeypatch.setattr(norm, "_MaskedBatchNorm", _Elementary)

    assert _loss_after(200) == pytest.approx(fast, abs=1e-4)


class _Elementary:
    """Batch normalisation over valid frames, step by step."""

    @staticmethod
    def apply(
        x: Tensor, lengths: Tensor, weight: Tensor, bias: Tensor, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        mask = Padded(x, lengths).mask[:, None]
        count = lengths.sum().float()
        mean = x.masked_fill(~mask, 0).sum((0, 2)) / count
        centred = x - mean[:, None]
        var = centred.masked_fill(~mask, 0).square().sum((0, 2)) / count
        y = centred * (var + eps).rsqrt()[:, None] * weight[:, None] + bias[:, None]
        return y, mean.detach(), (var * count / (count - 1)).detach()


def _loss_after(steps: int) -> float:
    """Of a small separable stack that learns to tell noisy tones apart."""
    torch.manual_seed(1)
    stack = ConvStack(
        8,
        [
            {"channels": 20, "kernels": [5], "stride": 2},
            {"channels": 20, "kernels": [7, 7], "separable": True, "residual": True},
            {"channels": 20, "kernels": [5], "separable": True, "dilation": 2},
        ],
    )
    head = TimeConv(20, 8, 1)
    optimizer = torch.optim.SGD([*stack.parameters(), *head.parameters()], lr=0.02)
    draw = torch.Generator().manual_seed(2)
    for _ in range(steps):
        label = torch.randint(8, (6,), generator=draw)
        lengths = torch.randint(30, 41, (6,), generator=draw)
        x = torch.randn(6, 8, 40, generator=draw)
        x[torch.arange(6), label] += 1
        y = head(stack(Padded(x, lengths))).zeroed()
        loss = F.cross_entropy(y.values.sum(2) / y.lengths[:, None], label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def _run(conv: nn.Conv1d, x: Tensor) -> list[Tensor]:
    x = x.clone().requires_grad_()
    y = conv(x)
    weights = torch.linspace(-1, 1, y.numel()).view(y.shape)
    return [y, *torch.autograd.grad((y * weights).sum(), [x, *conv.parameters()])]
