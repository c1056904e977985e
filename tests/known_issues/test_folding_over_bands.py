"""Batch norms after convolutions over bands and time were not folded into them."""

import pytest
import torch
from torch import nn

from asr.evaluation.untrained import untrained
from asr.layers.grid import GridConv, GridNorm, GridSequential
from asr.layers.norm import TimeBatchNorm
from asr.models.folding import folded
from asr.padded import Padded


@pytest.mark.parametrize(
    ("model", "before", "after"),
    [("grid", 13, 0), ("bc_resnet_1", 30, 12)],  # twelve have statistics of each sub-band
)
def test_only_norms_of_sub_bands_are_left(model: str, before: int, after: int) -> None:
    network = untrained([f"model={model}"]).recognizer.model

    assert [_norms(network), _norms(folded(network))] == [before, after]


@torch.no_grad()
def test_what_a_strided_grouped_convolution_is_followed_by_is_folded_into_it() -> None:
    conv = GridConv(2, 4, (3, 5), bands=9, band_stride=2, band_padding=1, groups=2)
    norm = GridNorm(4, 5)
    for name, tensor in norm.norm.state_dict().items():
        nn.init.uniform_(tensor, 0.5, 2) if name == "running_var" else nn.init.normal_(tensor)
    stack = GridSequential(GridConv(1, 2, (1, 1), bands=9), conv, norm).eval()
    x = Padded(torch.randn(2, 9, 20), torch.tensor([20, 13]))

    found = folded(stack)

    assert _norms(found) == 0
    torch.testing.assert_close(found(x).zeroed().values, stack(x).zeroed().values)


def _norms(model: nn.Module) -> int:
    return sum(isinstance(layer, TimeBatchNorm) for layer in model.modules())
