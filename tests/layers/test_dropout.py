import pytest
import torch

from asr.layers.dropout import Dropout


@pytest.mark.parametrize("p", [0.1, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_wanted_share_is_dropped_and_the_mean_is_kept(p: float, dtype: torch.dtype) -> None:
    y = Dropout(p)(torch.ones(400, 1001, dtype=dtype)).float()
    assert (y == 0).float().mean().item() == pytest.approx(p, abs=0.005)
    assert y.mean().item() == pytest.approx(1, abs=0.02)
    assert len(y.unique()) == 2


def test_neighbours_are_dropped_independently() -> None:
    dropped = (Dropout(0.5)(torch.ones(1_000_003)) == 0).float() - 0.5
    for step in range(1, 17):
        assert abs((dropped[step:] * dropped[:-step]).mean().item()) < 0.002


@pytest.mark.parametrize("bands", [(), (3,)])
def test_neighbours_are_dropped_independently_where_channels_are_last_in_memory(
    bands: tuple[int, ...],
) -> None:
    x = torch.ones(8, *bands, 500, 64).movedim(-1, 1)

    y = Dropout(0.5)(x)

    assert y.stride() == x.stride()
    dropped = (y == 0).float() - 0.5
    assert abs(dropped.mean().item()) < 0.01
    for axis in range(x.dim()):
        size = x.shape[axis] - 1
        both = dropped.narrow(axis, 0, size) * dropped.narrow(axis, 1, size)
        assert abs(both.mean().item()) < 0.005


def test_gradients_flow_through_what_is_kept() -> None:
    x = torch.ones(1000, requires_grad=True)
    y = Dropout(0.5)(x)
    y.sum().backward()
    torch.testing.assert_close(x.grad, y.detach())


def test_it_is_a_function_of_the_seed() -> None:
    torch.manual_seed(3)
    first = Dropout(0.3)(torch.ones(99))
    torch.manual_seed(3)
    assert torch.equal(first, Dropout(0.3)(torch.ones(99)))


def test_evaluation_and_no_probability_change_nothing() -> None:
    x = torch.randn(5, 7)
    assert Dropout(0.0)(x) is x
    assert Dropout(0.5).eval()(x) is x


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5])
def test_a_probability_out_of_range_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match="at least 0 and below 1"):
        Dropout(p)
