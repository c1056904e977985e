from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.data.balance import Balance, groups_by, times_before
from asr.data.index import Index
from asr.data.utterance import Utterance
from asr.errors import InputError

GROUPS = st.lists(st.integers(0, 4), min_size=1, max_size=60).map(
    lambda values: np.unique(values, return_inverse=True)[1]
)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(groups=GROUPS, epoch=st.integers(0, 9))
def test_an_epoch_holds_each_group_equally_often_and_about_as_much_as_there_is(
    groups, epoch
) -> None:
    rows = Balance(groups, seed=1).rows(epoch)

    number = groups.max() + 1
    assert Counter(groups[rows].tolist()) == dict.fromkeys(range(number), -(-len(groups) // number))


@settings(derandomize=True, deadline=None, max_examples=60)
@given(groups=GROUPS, epochs=st.integers(1, 6))
def test_over_epochs_no_utterance_is_drawn_again_before_all_of_its_group(groups, epochs) -> None:
    balance = Balance(groups, seed=1)
    drawn = np.concatenate([balance.rows(epoch) for epoch in range(epochs)])

    for group in range(groups.max() + 1):
        members = np.flatnonzero(groups == group)
        times = Counter(drawn[groups[drawn] == group].tolist())
        assert max(times.values()) - min(times.get(row, 0) for row in members) <= 1


def test_the_rows_of_an_epoch_are_a_function_of_seed_and_epoch() -> None:
    groups = np.arange(40) % 3 // 2

    def rows(seed: int, epoch: int) -> list[int]:
        return Balance(groups, seed).rows(epoch).tolist()

    assert rows(1, 3) == rows(1, 3)
    assert rows(1, 3) != rows(1, 4)
    assert rows(1, 3) != rows(2, 3)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(rows=st.lists(st.integers(0, 5), max_size=30))
def test_times_before_counts_what_stands_before(rows) -> None:
    found = times_before(np.array(rows, np.int64)).tolist()
    assert found == [rows[:place].count(row) for place, row in enumerate(rows)]


@pytest.fixture
def index(tmp_path: Path) -> Index:
    soundfile.write(tmp_path / "a.wav", np.ones(800), 8000)
    return Index.of(
        Utterance(str(n), tmp_path / "a.wav", label="xy"[n % 2], extras={"room": n // 2})
        for n in range(6)
    )


def test_groups_are_by_a_column_of_the_corpus_or_one_of_its_own(index: Index) -> None:
    assert groups_by(index, "label").tolist() == [0, 1, 0, 1, 0, 1]
    assert groups_by(index, "room").tolist() == [0, 0, 1, 1, 2, 2]


VALUES = st.sampled_from(["", "a", "b", "é", "日本", "\U0001f600", "\ufb01", "a b" * 50])
EXTRAS = st.dictionaries(st.just("room"), st.one_of(st.integers(0, 3), st.booleans(), VALUES))


@settings(derandomize=True, deadline=None, max_examples=40)
@given(rows=st.lists(st.tuples(VALUES, EXTRAS), min_size=1, max_size=40), left_out=st.booleans())
def test_groups_are_numbered_in_the_order_of_their_values(tmp_path_factory, rows, left_out) -> None:
    audio = tmp_path_factory.mktemp("audio") / "a.wav"
    soundfile.write(audio, np.ones(800), 8000)
    index = Index.of(
        Utterance(str(n), audio, label=label, extras={**extras, "n": n})
        for n, (label, extras) in enumerate(rows)
    )
    if left_out:
        index = index.without(lambda u: "odd" if int(u.id) % 2 else None)
    for column in ("label", "room", "n"):
        values = [str(u.label if column == "label" else u.extras.get(column, "")) for u in index]
        if any(values):
            expected = np.unique(np.array(values), return_inverse=True)[1].reshape(-1)
            assert groups_by(index, column).tolist() == expected.tolist()


@pytest.mark.parametrize("column", ["speaker", "colour"])
def test_a_column_that_nothing_has_is_refused(index: Index, column: str) -> None:
    with pytest.raises(InputError, match=f"no training utterance has a '{column}'.*room"):
        groups_by(index, column)
