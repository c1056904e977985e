import pytest
import torch

from asr.features.log_mel import LogMel
from asr.layers.heads import FrameHead
from asr.models.acoustic import AcousticModel
from asr.models.bc_resnet import BCResNet
from asr.models.conv_stack import ConvStack
from asr.models.intermediate import IntermediateHeads
from asr.padded import Padded

BATCH = Padded(torch.linspace(-1, 1, 4000).view(2, 1, 2000), torch.tensor([2000, 1100]))
KEYS = torch.arange(2)


def _head(channels: int) -> FrameHead:
    return FrameHead(channels, 5)


def _model() -> AcousticModel:
    pool = {"kind": "max", "kernel": 2}
    blocks = [{"channels": 6, "pool": pool}, {"channels": 8, "pool": pool}, {"channels": 9}]
    encoder = ConvStack(20, blocks, {"kernels": [3]})  # type: ignore[arg-type]
    return AcousticModel(LogMel(8000, bins=20), encoder, FrameHead(9, 5))


def test_heads_see_what_their_blocks_give_and_change_nothing() -> None:
    model = _model()
    model.eval()
    heads = IntermediateHeads(model, [1, 0], _head)

    logits, between = heads(model, BATCH, KEYS, 1)

    assert torch.equal(logits.values, model(BATCH).values)
    x = model.features(BATCH)
    for block in (0, 1):
        x = model.encoder[block](x)  # type: ignore[index]
        given = between[1 - block]
        assert given.lengths.tolist() == x.lengths.tolist()
        assert torch.equal(given.values, heads.heads[1 - block](x).values)
    assert not any(block._forward_hooks for block in model.encoder)  # type: ignore[attr-defined]


def test_the_gradient_of_a_head_reaches_the_blocks_below_it_only() -> None:
    model = _model()
    _, [between] = IntermediateHeads(model, [1], _head)(model, BATCH, KEYS, 1)

    between.values.sum().backward()

    reached = [any(p.grad is not None for p in block.parameters()) for block in model.encoder]  # type: ignore[attr-defined]
    assert reached == [True, True, False]


def test_making_heads_leaves_the_network_as_it_was() -> None:
    model = _model()
    model.encoder[1].eval()  # type: ignore[index]
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}

    IntermediateHeads(model, [0], _head)

    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert [block.training for block in model.encoder] == [True, False, True]  # type: ignore[attr-defined]


def test_blocks_of_any_kind_can_have_a_head() -> None:
    model = AcousticModel(LogMel(8000, bins=40), BCResNet(40, 2), FrameHead(8, 5))

    _, [between] = IntermediateHeads(model, [5], _head)(model, BATCH, KEYS, 2)

    assert between.values.shape[:2] == (4, 5)


@pytest.mark.parametrize("blocks", [[2], [-1], [0, 0]])
def test_blocks_that_cannot_be_are_refused(blocks: list[int]) -> None:
    with pytest.raises(ValueError, match="below the last one, which is 2, got"):
        IntermediateHeads(_model(), blocks, _head)
