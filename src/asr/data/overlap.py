"""What two splits share, so that one is no fair test of what was learnt from the other."""

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from math import inf
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from asr.data.index import Index
from asr.data.utterance import Utterance

_COMPARED = 20_000  # rows up to which whole splits are compared, and their files if need be
_ROUNDING = 0.01  # seconds by which neighbours in one recording may seem to overlap

What = Literal["id", "path", "audio", "speaker"]
_NAMES: dict[What, tuple[str, str]] = {
    "id": ("id", "ids"),
    "path": ("recording", "recordings"),
    "audio": ("copy of a recording", "copies of recordings"),
    "speaker": ("speaker", "speakers"),
}


class Shared(NamedTuple):
    """What is in both splits.

    Attributes:
        values: sorted; ids, paths, or speakers.
    """

    what: What
    values: list[str]

    def told(self, most: int = 3) -> str:
        """How many there are, and the first of them."""
        one, several = _NAMES[self.what]
        count = len(self.values)
        more = ", ..." if count > most else ""
        return f"{count} {one if count == 1 else several}: {', '.join(self.values[:most])}{more}"


def shared(
    one: Iterable[Utterance], other: Iterable[Utterance], contents: Mapping[str, str]
) -> Iterator[Shared]:
    """What both hold: ids, the same stretch of a file, or of a copy of it, and speakers.

    Args:
        contents: a digest for paths, of those files that may be copies; see :func:`digests`.
    """
    here, there = list(one), list(other)
    if ids := {row.id for row in here} & {row.id for row in there}:
        yield Shared("id", sorted(ids))
    paths = _stretches(here, {}), _stretches(there, {})
    both = sorted(path for path in paths[0] if _meet(paths[0][path], paths[1].get(path, [])))
    if both:
        yield Shared("path", both)
    copies = _stretches(here, contents), _stretches(there, contents)
    same = {name for name in copies[0] if _meet(copies[0][name], copies[1].get(name, []))}
    found = {place(row) for row in there if contents.get(place(row)) in same} - set(both)
    if found:
        yield Shared("audio", sorted(found))
    if speakers := ({row.speaker for row in here} & {row.speaker for row in there}) - {""}:
        yield Shared("speaker", sorted(speakers))


def shared_rows(one: Index, other: Index) -> Iterator[Shared]:
    """What two indexes hold, by columns, so that millions of rows cost seconds.

    Copies of files are found in splits of up to 20,000 rows together; ``asr check`` finds all.
    """
    if len(one) + len(other) <= _COMPARED:
        here, there = list(one), list(other)
        lasting = {round(row.seconds or 0, 3) for row in here}
        # Copies last equally long, so few files need to be read to find them.
        alike = [row for row in (*here, *there) if round(row.seconds or 0, 3) in lasting]
        yield from shared(here, there, digests(alike))
        return
    here = _meeting(one, {name: _column(other, name) for name in ("id", "path")})
    met = {"id": [row.id for row in here], "path": [str(row.path) for row in here]}
    there = _meeting(other, {name: pa.array(values, pa.string()) for name, values in met.items()})
    yield from (item for item in shared(here, there, {}) if item.what != "speaker")
    if common := (set(one.counts("speaker")) & set(other.counts("speaker"))) - {""}:
        yield Shared("speaker", sorted(common))


def _meeting(index: Index, others: Mapping[str, pa.Array]) -> list[Utterance]:
    """The first of the rows of ``index`` that share an id or a path with others."""
    rows: list[int] = []
    before = 0
    for batch in index.columns("id", "path"):
        meets = [
            pc.is_in(batch.column(name), value_set=others[name]).to_numpy(zero_copy_only=False)
            for name in ("id", "path")
        ]
        rows += (before + np.flatnonzero(meets[0] | meets[1])).tolist()
        before += batch.num_rows
        if len(rows) > _COMPARED:
            break
    return [index[row] for row in rows[:_COMPARED]]


def _column(index: Index, name: str) -> pa.Array:
    parts = [batch.column(0) for batch in index.columns(name)]
    return pa.concat_arrays(parts) if parts else pa.array([], pa.string())


def place(row: Utterance) -> str:
    """Where a recording is: its file, or the part of it, or the one channel of it."""
    part = f"@{row.window.begin}" if row.window else ""
    return f"{row.path}{part}{'' if row.channel is None else f'#{row.channel}'}"


def digests(rows: Iterable[Utterance]) -> dict[str, str]:
    """A digest of the bytes of each file that is as large as another; files alike have the same.

    Of files that cannot be read, and of recordings that are parts of a file, there is none.
    """
    sizes: dict[int, list[str]] = defaultdict(list)
    whole = (str(row.path) for row in rows if place(row) == str(row.path))
    for path in dict.fromkeys(whole):
        try:
            sizes[os.stat(path).st_size].append(path)  # noqa: PTH116 (of very many)
        except (OSError, ValueError):
            continue
    found: dict[str, str] = {}
    for path in (path for group in sizes.values() if len(group) > 1 for path in group):
        try:
            found[path] = _digest(Path(path))
        except OSError:
            continue
    return found


def _digest(path: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _stretches(
    rows: Iterable[Utterance], contents: Mapping[str, str]
) -> dict[str, list[tuple[float, float]]]:
    """Where in which file, or which content, the rows are, in seconds."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        end = inf if row.seconds is None else row.offset + row.seconds
        found[contents.get(place(row), place(row))].append((row.offset, end))
    return found


def _meet(one: list[tuple[float, float]], other: list[tuple[float, float]]) -> bool:
    """Whether any stretch of one overlaps with any of the other."""
    stretches = sorted([(*stretch, 0) for stretch in one] + [(*stretch, 1) for stretch in other])
    ends = [-inf, -inf]  # the furthest so far, of each side
    for begin, end, side in stretches:
        if begin < ends[1 - side] - _ROUNDING:
            return True
        ends[side] = max(ends[side], end)
    return False
