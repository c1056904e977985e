"""On Apple silicon, which knows no double precision, the first step ended in a TypeError.

Batch norm counted true frames in it, and the beam search and the confidence of a transcript turned
logits into it before they took them to the host. The device here is PyTorch's ``meta``.
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from asr.assemble import assemble
from asr.compose import compose
from asr.decoding.confidence import confidence
from asr.decoding.prefix_beam import PrefixBeamDecoder
from asr.padded import Padded


class SinglePrecision(TorchDispatchMode):
    """What a device without float64 says."""

    def __torch_dispatch__(
        self, op: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        out = op(*args, **(kwargs or {}))
        for value in tree_leaves(out):
            if isinstance(value, torch.Tensor) and value.is_meta and value.dtype == torch.float64:
                raise TypeError(f"{op} gives float64")
        return out


@pytest.mark.parametrize("model", ["pairs", "separable_small", "contextnet"])
def test_a_step_stays_in_single_precision(model: str) -> None:
    parts = compose([f"model={model}", "vocabulary=characters", "vocabulary.units=[a,b]"])
    network = assemble(parts).model.to("meta")
    bands = network.features.out_channels
    x = Padded(torch.randn(2, bands, 99, device="meta"), torch.tensor([99, 60], device="meta"))
    with SinglePrecision():
        network.head(network.encoder(x)).values.sum().backward()


@pytest.mark.parametrize(
    "read",
    [
        lambda logits: PrefixBeamDecoder()(logits, blank=2),
        lambda logits: confidence(logits.values[0], [0, 1], blank=2),
    ],
    ids=["beam", "confidence"],
)
def test_logits_are_read_on_the_host(read: Callable[[Padded], Any]) -> None:
    logits = torch.randn(1, 3, 9, device="meta")
    with SinglePrecision(), pytest.raises(NotImplementedError, match="Cannot copy out of meta"):
        read(Padded(logits, torch.tensor([9])))
