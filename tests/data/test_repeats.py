from hypothesis import given
from hypothesis import strategies as st

from asr.data.repeats import Repeats


@given(st.lists(st.lists(st.sampled_from("abcdefghijklmnop"), max_size=6), max_size=12))
def test_repeats_are_those_that_a_set_would_find(parts: list[list[str]]) -> None:
    repeats, seen = Repeats(), set[str]()
    for part in parts:
        wanted = [i for i, name in enumerate(part) if name in seen or name in part[:i]]
        assert repeats.among(part) == wanted
        seen.update(part)


def test_memory_is_that_of_the_hashes() -> None:
    repeats = Repeats()
    for first in range(0, 100_000, 1000):
        assert repeats.among([f"name {n}" for n in range(first, first + 1000)]) == []
    assert sum(level.nbytes for level in repeats._levels) == 800_000
    assert len(repeats._levels) < 10
