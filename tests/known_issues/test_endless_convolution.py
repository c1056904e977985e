"""oneDNN 3.12 never ends a long bf16 depthwise kernel over few channels, last in memory.

``nn.Conv1d``, whose channels are not last, does.
"""

import subprocess
import sys

_SCRIPT = """
import torch
from asr.layers.fast_conv import FastConv1d
for channels, kernel, stride in ((8, 25, 1), (16, 15, 1), (16, 15, 2), (2, 75, 1), (17, 25, 1)):
    conv = FastConv1d(channels, channels, kernel, stride, padding=kernel // 2, groups=channels)
    x = torch.randn(1, channels, 100, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        y = conv(x)
    y.float().sum().backward()
"""


def test_a_depthwise_convolution_of_few_channels_ends_in_bf16() -> None:
    subprocess.run([sys.executable, "-c", _SCRIPT], timeout=60, check=True)
