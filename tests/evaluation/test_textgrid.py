import re

from hypothesis import given
from hypothesis import strategies as st

from asr.evaluation.textgrid import textgrid
from asr.evaluation.word_times import Word

INTERVAL = re.compile(
    r"        intervals \[(\d+)\]:\n            xmin = (\S+)\n            xmax = (\S+)\n"
    r'            text = "((?:[^"]|"")*)"\n'
)


def test_the_long_format_is_written_as_praat_writes_it() -> None:
    assert textgrid([Word('o"ne', 0.5, 1.0)], 1.0) == (
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 1.000000\n'
        "tiers? <exists>\nsize = 1\nitem []:\n    item [1]:\n"
        '        class = "IntervalTier"\n        name = "words"\n        xmin = 0\n'
        "        xmax = 1.000000\n        intervals: size = 2\n"
        "        intervals [1]:\n            xmin = 0.000000\n            xmax = 0.500000\n"
        '            text = ""\n'
        "        intervals [2]:\n            xmin = 0.500000\n            xmax = 1.000000\n"
        '            text = "o""ne"\n'
    )


@given(
    edges=st.sets(st.integers(0, 1000), max_size=12).map(sorted),
    text=st.text(st.sampled_from('a"\u00e4 ='), max_size=4),
)
def test_intervals_cover_the_time_once_and_all_have_a_duration(edges: list[int], text: str) -> None:
    words = [Word(text, a / 100, b / 100) for a, b in zip(edges[::2], edges[1::2], strict=False)]

    grid = textgrid(words, 10.0)

    found = INTERVAL.findall(grid)
    assert f"intervals: size = {len(found)}\n" in grid
    assert [int(number) for number, *_ in found] == list(range(1, len(found) + 1))
    times = [float(time) for _, begin, end, _ in found for time in (begin, end)]
    assert (times[0], times[-1]) == (0, 10)
    assert times[1:-1:2] == times[2::2]
    assert all(begin < end for begin, end in zip(times[::2], times[1::2], strict=True))
    if text:
        said = [(b, e, t.replace('""', '"')) for _, b, e, t in found if t]
        assert said == [(f"{w.begin:.6f}", f"{w.end:.6f}", w.text) for w in words]
