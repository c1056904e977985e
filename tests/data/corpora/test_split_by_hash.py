from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.data.corpora.split_by_hash import SplitByHash
from asr.errors import InputError


def test_the_shares_are_reached_on_many_keys() -> None:
    counts = Counter(map(SplitByHash(val=0.1, test=0.2), map(str, range(20_000))))
    assert counts["val"] / 20_000 == pytest.approx(0.1, abs=0.01)
    assert counts["test"] / 20_000 == pytest.approx(0.2, abs=0.01)


@given(st.text(), st.floats(0, 0.4), st.floats(0, 0.4))
def test_a_larger_validation_share_never_moves_a_key_for_testing(
    key: str, val: float, more: float
) -> None:
    few, many = SplitByHash(val, 0.1), SplitByHash(val + more, 0.1)
    assert (few(key) == "test") == (many(key) == "test")


def test_the_split_of_a_key_is_for_ever() -> None:
    split = SplitByHash(val=0.1, test=0.1)
    assert [split(key) for key in ("p225", "p226", "p245")] == ["test", "train", "val"]


@pytest.mark.parametrize(("val", "test"), [(0.5, 0.5), (-0.1, 0.1), (float("nan"), 0.1)])
def test_shares_that_leave_nothing_for_training_are_refused(val: float, test: float) -> None:
    with pytest.raises(InputError, match="less than 1"):
        SplitByHash(val, test)
