import math

from hypothesis import given
from hypothesis import strategies as st

from asr.training.highest import Doubtful, Highest

LOSSES = st.lists(st.floats(0, 100), max_size=40)


@given(LOSSES, st.integers(1, 5), st.integers(1, 7))
def test_the_highest_are_kept_however_they_come(losses: list[float], most: int, size: int) -> None:
    kept = Highest(most)
    names = [f"u{number:02}" for number in range(len(losses))]
    for start in range(0, len(losses), size):
        part = slice(start, start + size)
        kept.add(losses[part], names[part], names[part])
    ranked = sorted(zip(losses, names, strict=True), key=lambda row: (-row[0], row[1]))
    assert [(row.loss, row.id) for row in kept.rows] == ranked[:most]
    assert kept.seen == len(losses)


@given(LOSSES, st.integers(0, 40))
def test_processes_together_keep_what_one_would(losses: list[float], split: int) -> None:
    names = [f"u{number:02}" for number in range(len(losses))]
    one, left, right = Highest(3), Highest(3), Highest(3)
    one.add(losses, names, names)
    left.add(losses[:split], names[:split], names[:split])
    right.add(losses[split:], names[split:], names[split:])
    left.merge(right.rows)
    left.merge(right.rows)  # twice is as once
    assert left.rows == one.rows


def test_an_utterance_is_kept_once_with_its_highest_loss() -> None:
    kept = Highest(2)
    kept.add([1.0, 3.0, 2.0, 0.5], ["a", "a", "b", "c"], [""] * 4)
    assert kept.rows == [Doubtful(3.0, "a", ""), Doubtful(2.0, "b", "")]


def test_what_is_no_number_is_not_kept() -> None:
    kept = Highest(2)
    kept.add([math.nan, 1.0], ["a", "b"], ["", ""])
    assert [row.id for row in kept.rows] == ["b"]
