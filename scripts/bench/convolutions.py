"""Forward and backward pass of ``nn.Conv1d`` and of ours, over the shapes that models have.

python -m scripts.bench.convolutions
"""

import argparse
from collections.abc import Callable

import torch
from torch import nn

from asr.layers.fast_conv import FastConv1d, channels_last
from scripts.bench.meter import interleaved

# channels in and out, kernel, groups, dilation, stride
_SHAPES = [
    ("dense 3", 256, 256, 3, 1, 1, 1),
    ("dense 7", 256, 256, 7, 1, 1, 1),
    ("pointwise", 192, 192, 1, 1, 1, 1),
    ("depthwise 13", 128, 128, 13, 128, 1, 1),
    ("depthwise 25", 192, 192, 25, 192, 1, 1),
    ("depthwise 29, dilation 2", 192, 192, 29, 192, 2, 1),
    ("depthwise 75", 512, 512, 75, 512, 1, 1),
    ("depthwise 87, dilation 2", 512, 512, 87, 512, 2, 1),
]


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(f"batch 16, 150 frames, {torch.get_num_threads()} threads; ms, medians of 15")
    print("| | float32 nn.Conv1d | ours | ratio | bf16 nn.Conv1d | ours | ratio |")
    print("|---|---|---|---|---|---|---|")
    for name, inputs, outputs, kernel, groups, dilation, stride in _SHAPES:
        cells = []
        for dtype in (torch.float32, torch.bfloat16):
            made = [
                kind(
                    inputs, outputs, kernel, stride=stride, padding=dilation * (kernel - 1) // 2,
                    dilation=dilation, groups=groups, dtype=dtype,
                )
                for kind in (nn.Conv1d, FastConv1d)
            ]  # fmt: skip
            x = torch.randn(16, inputs, 150, dtype=dtype)
            theirs, ours = interleaved(_step(made[0], x.clone()), _step(made[1], channels_last(x)))
            cells.append(f"{1000 * theirs:.1f} | {1000 * ours:.1f} | {theirs / ours:.1f}")
        print(f"| {name} | {' | '.join(cells)} |")


def _step(conv: nn.Conv1d, x: torch.Tensor) -> Callable[[], None]:
    x = x.requires_grad_()

    def step() -> None:
        y = conv(x)
        torch.autograd.grad(y, (x, conv.weight), torch.ones_like(y))

    return step


if __name__ == "__main__":
    main()
