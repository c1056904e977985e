import pytest
import torch

from asr.layers.block import ConvBlock
from asr.layers.stochastic_depth import passed_by
from asr.padded import Padded

ROWS = 2000


def _rows(count: int = ROWS) -> Padded:
    return Padded(torch.rand(count, 2, 3) + 1, torch.full((count,), 3))


@pytest.mark.parametrize("probability", [0.1, 0.5])
def test_whole_utterances_pass_by_and_the_rest_makes_up_for_them(probability: float) -> None:
    x = _rows()

    factors = passed_by(x, probability).values / x.values

    flat = factors.flatten(1)
    torch.testing.assert_close(flat, flat[:, :1].expand_as(flat))
    gone = (flat[:, 0] == 0).float().mean()
    assert abs(float(gone) - probability) < 4 * (probability * (1 - probability) / ROWS) ** 0.5
    kept = flat[flat != 0]
    torch.testing.assert_close(kept, torch.full_like(kept, 1 / (1 - probability)))


def test_the_same_seed_passes_the_same_utterances_by() -> None:
    x = _rows(64)
    torch.manual_seed(3)
    first = passed_by(x, 0.5).values
    torch.manual_seed(3)

    assert torch.equal(passed_by(x, 0.5).values, first)
    assert not torch.equal(passed_by(x, 0.5).values, first)


def _block(probability: float) -> ConvBlock:
    torch.manual_seed(0)
    return ConvBlock(
        2, 2, [3], norm="none", activation="none", residual=True, stochastic_depth=probability
    )


def test_a_block_that_is_passed_by_is_its_shortcut() -> None:
    x = Padded(torch.randn(64, 2, 5), torch.full((64,), 5))
    block, whole = _block(0.5), _block(0.0)
    branch = whole(x).values - x.values

    added = block(x).values - x.values

    by = (added.abs().amax(dim=(1, 2)) < 1e-6).nonzero().flatten()
    through = [row for row in range(64) if row not in by]
    assert 15 < len(by) < 49
    torch.testing.assert_close(added[through], 2 * branch[through], atol=1e-5, rtol=1e-4)


def test_evaluation_passes_none_by() -> None:
    x = Padded(torch.randn(8, 2, 5), torch.full((8,), 5))

    assert torch.equal(_block(0.9).eval()(x).values, _block(0.0).eval()(x).values)


@pytest.mark.parametrize(
    ("probability", "residual", "message"),
    [(1.0, True, "0 up to below 1"), (-0.1, True, "0 up to below 1"), (0.1, False, "a shortcut")],
)
def test_what_cannot_be_is_refused(probability: float, residual: bool, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ConvBlock(2, 2, [3], residual=residual, stochastic_depth=probability)
