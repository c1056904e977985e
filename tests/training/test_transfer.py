"""What a network takes over of another one."""

import pytest
import torch
from torch import Tensor

from asr.assemble import Recognizer, assemble
from asr.compose import compose
from asr.errors import InputError
from asr.training.transfer import transfer
from tests.tone_models import SMALL


def _letters(units: str, *more: str) -> Recognizer:
    return assemble(compose([*SMALL, f"vocabulary.units=[{units}]", *more]))


def _row(recognizer: Recognizer, symbol: str | None) -> Tensor:
    """Weight and bias of one output, in one vector."""
    project = recognizer.model.head.project
    row = list(recognizer.task.classes).index(symbol)
    return torch.cat([project.weight[row].flatten(), project.bias[row : row + 1]]).detach().clone()


def test_features_and_encoder_are_copied_with_their_statistics() -> None:
    old, new = (_letters("a,b", "features.normalize=global") for _ in range(2))
    for tensor in old.model.state_dict().values():
        tensor.normal_()

    done = transfer(old, new)

    mine, theirs = new.model.state_dict(), old.model.state_dict()
    assert "features.normalize.mean" in mine
    assert any(name.endswith("running_var") for name in mine)
    for name, tensor in theirs.items():
        assert torch.equal(tensor, mine[name]), name
    encoder = old.model.encoder
    assert done.reused == sum(p.numel() for p in encoder.parameters())  # type: ignore[attr-defined]


def test_shared_symbols_and_the_blank_keep_their_rows_and_new_ones_are_fresh() -> None:
    old, new = _letters("a,b,c"), _letters("x,c,a,y")
    fresh = {symbol: _row(new, symbol) for symbol in "xy"}

    done = transfer(old, new)

    for symbol in ("a", "c", None):
        assert torch.equal(_row(new, symbol), _row(old, symbol))
    for symbol in "xy":
        assert torch.equal(_row(new, symbol), fresh[symbol])
    assert (done.rows, done.new) == (3, ("x", "y"))


def test_a_mapped_symbol_takes_the_row_of_the_old_one_even_from_its_namesake() -> None:
    old, new = _letters("a,b"), _letters("a,b,x")

    done = transfer(old, new, [("a", "x"), ("a", "b")])

    for symbol in "abx":
        assert torch.equal(_row(new, symbol), _row(old, "a"))
    assert done.new == ()


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (("aa", "x"), r"'aa' is no symbol of the old vocabulary; did you mean 'a'\?"),
        (("a", "zz"), "'zz' is no symbol of the new vocabulary; it begins"),
    ],
)
def test_a_symbol_that_is_not_there_is_named(pair: tuple[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        transfer(_letters("a,b"), _letters("a,x"), [pair])


def test_a_new_symbol_is_mapped_once() -> None:
    with pytest.raises(InputError, match="'x' is named twice"):
        transfer(_letters("a,b"), _letters("a,x"), [("a", "x"), ("b", "x")])
