import sys
from pathlib import Path

import pytest

from asr.errors import InputError
from asr.evaluation.describe import Description, describe
from asr.evaluation.description_plot import growth, plot
from asr.evaluation.untrained import untrained

BEGINS = {".png": b"\x89PNG\r\n\x1a\n", ".svg": b"<?xml", ".pdf": b"%PDF"}


def description_of(*overrides: str) -> Description:
    return describe(untrained(overrides).recognizer.model)


def test_every_layer_of_the_table_is_a_point_of_each_series() -> None:
    description = description_of()

    series = growth(description)

    assert series.names == [layer.name for layer in description.layers]
    assert series.right == [description.milliseconds(x.span.right) for x in description.layers]
    assert {len(values) for values in series} == {len(description.layers)}
    assert not any(series.endless)


def test_what_is_endless_is_clipped_beyond_all_else() -> None:
    series = growth(description_of("task=classification", "vocabulary=labels"))

    assert series.endless == [False] * (len(series.names) - 1) + [True]
    assert series.left[-1] == series.right[-1] > max(series.left[:-1] + series.right[:-1])
    assert series.right[-1] < float("inf")


@pytest.mark.parametrize("suffix", BEGINS)
def test_the_suffix_says_the_format(tmp_path: Path, suffix: str) -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    path = tmp_path / f"field{suffix}"

    plot(description_of("task=classification", "vocabulary=labels"), path)

    assert path.read_bytes().startswith(BEGINS[suffix])
    assert not pyplot.get_fignums()  # nothing is left behind


@pytest.mark.parametrize("name", ["field.jpg", "field", "none/field.png"])
def test_a_place_where_nothing_can_be_drawn_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"must end in|no folder"):
        plot(description_of(), tmp_path / name)


def test_without_matplotlib_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(InputError, match=r"pip install -e '.\[plot\]'"):
        plot(description_of(), tmp_path / "field.png")
