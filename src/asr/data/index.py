"""The index of a split: one row for each usable utterance, in columns, and what was left out."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from asr.data.audio import AudioError, AudioInfo, audio_info
from asr.data.utterance import Utterance, name_fault
from asr.errors import InputError

_SCHEMA = pa.schema(
    [
        ("id", pa.string()), ("path", pa.string()), ("offset", pa.float64()),
        ("seconds", pa.float64()), ("rate", pa.int32()), ("channels", pa.int32()),
        ("text", pa.string()), ("label", pa.string()), ("speaker", pa.string()),
        ("extras", pa.string()), ("line", pa.string()),
    ]
)  # fmt: skip
_CHUNK = 4096
_TOLERANCE = 0.1  # seconds by which a manifest may be off from the file


@dataclass(frozen=True, slots=True)
class Skipped:
    """An utterance that was left out.

    Attributes:
        id: of the utterance.
        path: of its audio.
        reason: why, in plain words.
        line: where the row was read, if it came from a file.
    """

    id: str
    path: str
    reason: str
    line: str = ""


class Index:
    """The utterances of a split, columnar so that millions cost little and workers share them.

    Attributes:
        skipped: what was left out, in corpus order.
    """

    def __init__(self, table: pa.Table, skipped: tuple[Skipped, ...] = ()) -> None:
        self.table = table
        self.skipped = skipped
        self.seconds: np.ndarray[Any, np.dtype[np.float64]] = table["seconds"].to_numpy()

    @classmethod
    def of(
        cls, utterances: Iterable[Utterance], shortest: float = 0, longest: float = 1e9
    ) -> "Index":
        """Read every header and sort out what cannot be used; no audio is decoded.

        Args:
            shortest: least duration to keep, in seconds.
            longest: greatest duration to keep, in seconds.

        Raises:
            InputError: two utterances have the same id.
        """
        batches: list[pa.RecordBatch] = []
        skipped: list[Skipped] = []
        seen: set[str] = set()
        rows = iter(utterances)
        with ThreadPoolExecutor() as pool:
            while chunk := list(islice(rows, _CHUNK)):
                kept = []
                for utterance, info in zip(chunk, pool.map(_info, chunk), strict=True):
                    if utterance.id in seen:
                        raise InputError(
                            f"{utterance.line or utterance.path}: the id {utterance.id!r} occurs "
                            "twice; give each utterance its own"
                        )
                    seen.add(utterance.id)
                    found = _measure(utterance, info, shortest, longest)
                    if isinstance(found, Skipped):
                        skipped.append(found)
                    else:
                        kept.append(found)
                batches.append(pa.RecordBatch.from_pylist(kept, schema=_SCHEMA))
        return cls(pa.Table.from_batches(batches, schema=_SCHEMA).combine_chunks(), tuple(skipped))

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __getitem__(self, row: int) -> Utterance:
        values = {name: self.table[name][row].as_py() for name in _SCHEMA.names}
        del values["rate"], values["channels"]
        extras = json.loads(values.pop("extras"))
        return Utterance(**{**values, "path": Path(values["path"]), "extras": extras})

    def __iter__(self) -> Iterator[Utterance]:
        return (self[row] for row in range(len(self)))

    @property
    def hours(self) -> float:
        return float(self.seconds.sum()) / 3600

    @property
    def rates(self) -> Counter[int]:
        """Utterances at each sample rate, in hertz."""
        return Counter(self.table["rate"].to_pylist())

    @property
    def channels(self) -> Counter[int]:
        """Utterances with each number of channels."""
        return Counter(self.table["channels"].to_pylist())

    @property
    def fingerprint(self) -> str:
        """Hash of what the split holds: ids, durations, texts and labels, in order."""
        digest = hashlib.sha256()
        for name in ("id", "offset", "seconds", "text", "label"):
            for value in self.table[name].to_pylist():
                digest.update(f"{value}\0".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()[:16]

    def without(self, fault: Callable[[Utterance], str | None]) -> "Index":
        """The index less the utterances for which ``fault`` gives a reason."""
        reasons = [fault(utterance) for utterance in self]
        keep = [reason is None for reason in reasons]
        skipped = [
            Skipped(self[row].id, str(self[row].path), reason, self[row].line)
            for row, reason in enumerate(reasons)
            if reason is not None
        ]
        return Index(self.table.filter(pa.array(keep, pa.bool_())), (*self.skipped, *skipped))


def _info(utterance: Utterance) -> AudioInfo | AudioError:
    if reason := name_fault(utterance):
        return AudioError(reason)
    try:
        return audio_info(utterance.path)
    except AudioError as error:
        return error


def _measure(
    utterance: Utterance, info: AudioInfo | AudioError, shortest: float, longest: float
) -> dict[str, Any] | Skipped:
    def skip(reason: str) -> Skipped:
        return Skipped(utterance.id, str(utterance.path), reason, utterance.line)

    if isinstance(info, AudioError):
        return skip(str(info).removeprefix(f"{utterance.path}: "))
    rest = info.seconds - utterance.offset
    if rest <= 0:
        return skip(f"begins at {utterance.offset:g} s of a file of {info.seconds:.2f} s")
    seconds = rest if utterance.seconds is None else min(utterance.seconds, rest)
    if utterance.seconds is not None and utterance.seconds > rest + _TOLERANCE:
        return skip(
            f"said to last {utterance.seconds:g} s, but the file holds {rest:.2f} s from there"
        )
    if not shortest <= seconds <= longest:
        return skip(f"lasts {seconds:.3g} s, outside {shortest:g} to {longest:g} s")
    row = asdict(replace(utterance, seconds=seconds))
    return {
        **row,
        "path": str(utterance.path),
        "extras": json.dumps(dict(utterance.extras)),
        "rate": info.rate,
        "channels": info.channels,
    }
