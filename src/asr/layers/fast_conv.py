"""``nn.Conv1d`` computed in whichever form is fastest on this device."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from asr.layers.depthwise import channels_last, depthwise


class FastConv1d(nn.Conv1d):
    """``nn.Conv1d``, equal to it within rounding, with its weights and its arguments.

    On a CPU with oneDNN it computes with channels last in memory, as a two-dimensional
    convolution of height 1, and its output lies in memory that way, so the layers that follow
    go on without a copy; depthwise kernels are in :mod:`asr.layers.depthwise`.
    docs/performance.md tells what each form costs.

    Shape: as ``nn.Conv1d`` with ``padding_mode="zeros"`` and padding as a number.
    """

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        stride, dilation, padding = self.stride[0], self.dilation[0], int(self.padding[0])
        # oneDNN 3.12 never ends for bf16, channels last, up to 16 groups of one and 15 taps.
        few = self.groups == self.in_channels <= 16
        if not _has_onednn(input) or few:
            return F.conv1d(input, weight, bias, stride, padding, dilation, self.groups)
        x = channels_last(input)
        if weight.shape[1:] == (self.in_channels, 1) and len(x) == stride == 1 and not padding:
            # oneDNN is not asked for so little on one thread; a matrix product does it as well.
            return F.linear(x.transpose(1, 2), weight[..., 0], bias).transpose(1, 2)
        if self.groups == self.in_channels == self.out_channels and stride == 1:
            return depthwise(x, weight, bias, padding, dilation)
        y = F.conv2d(
            x.unsqueeze(2), weight.unsqueeze(2), bias, (1, stride), (0, padding), (1, dilation),
            self.groups,
        )  # fmt: skip
        return y.squeeze(2)


def _has_onednn(x: Tensor) -> bool:
    return (
        x.device.type == "cpu"
        and x.dtype in (torch.float32, torch.bfloat16)
        and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    )
