from collections.abc import Iterator

import pytest
import torch
from torch import nn

from asr.evaluation.untrained import untrained
from asr.layers.norm import TimeBatchNorm
from asr.models.folding import folded
from asr.padded import pad

_PLAIN_BLOCKS = "model.blocks=[{channels: 8, kernels: [3, 3]}]"


@pytest.mark.parametrize(
    "overrides",
    [
        ["model=pairs"],
        ["model=separable_small"],
        ["model=conv_glu"],
        ["model=grid"],
        ["model=bc_resnet_1"],
        ["model=separable_small", "+model.every.weight_norm=true"],
        ["model=separable_small", "+model.every.norm_first=false", _PLAIN_BLOCKS],
    ],
)
def test_a_folded_model_computes_the_same(overrides: list[str]) -> None:
    torch.manual_seed(0)
    model = untrained(overrides).recognizer.model.eval()
    for norm in _norms(model):
        for name in ("weight", "bias", "running_mean"):
            nn.init.normal_(getattr(norm, name))
        nn.init.uniform_(norm.running_var, 0.5, 2)
    x = pad([torch.randn(1, 16_000), torch.randn(1, 12_345)])

    with torch.no_grad():
        plain, found = model(x), folded(model)(x)

    scale = float(plain.zeroed().values.abs().max())
    assert scale > 0
    torch.testing.assert_close(
        found.zeroed().values / scale, plain.zeroed().values / scale, rtol=0, atol=1e-5
    )


def test_folding_leaves_no_batch_norm_behind_and_the_model_as_it_was() -> None:
    model = untrained(["model=separable_small"]).recognizer.model.train()

    found = folded(model)

    assert len(list(_norms(model))) == 14
    assert not list(_norms(found))
    assert model.training
    assert not found.training


def test_a_model_with_weight_norm_still_runs_after_it_was_folded() -> None:
    model = untrained(["model=separable_small", "+model.every.weight_norm=true"]).recognizer.model
    x = pad([torch.randn(1, 16_000)])
    before = model.eval()(x).values

    folded(model)

    assert torch.equal(model(x).values, before)


def _norms(model: nn.Module) -> Iterator[TimeBatchNorm]:
    return (layer for layer in model.modules() if isinstance(layer, TimeBatchNorm))
