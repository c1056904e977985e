"""A checked corpus as two manifests: the rows that can be used, and those that cannot."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from asr.data.corpora.json_lines import read_json_lines
from asr.data.utterance import Utterance
from asr.errors import InputError
from asr.evaluation.check import Report
from asr.evaluation.rows import Rows
from asr.json_files import write_json_lines


class _Sorted(NamedTuple):
    row: Mapping[str, Any]
    reason: str | None  # why it cannot be used


def write_sorted(
    rows: Rows, report: Report, good: Path | None, bad: Path | None, manifest: Path | None
) -> None:
    """Write the rows, each to one of two manifests; those of the second say what is wrong.

    Args:
        rows: as they were checked.
        good: where to write what can be used, if at all.
        bad: where to write the rest, if at all.
        manifest: from which the rows came, and whose keys are all kept; ``None`` for a corpus.

    Raises:
        InputError: a file would replace the manifest or the other file.
    """
    _refuse_same(good, bad, manifest)
    written = list(_sorted(rows, report, manifest))
    folder = None if manifest is None else manifest.absolute().parent
    for file, keep in ((good, False), (bad, True)):
        if file is not None:
            chosen = [item for item in written if (item.reason is not None) == keep]
            here = file.absolute().parent == folder
            write_json_lines(file, [_moved(item, None if here else folder) for item in chosen])


def _refuse_same(good: Path | None, bad: Path | None, manifest: Path | None) -> None:
    given = [file.resolve() for file in (good, bad, manifest) if file is not None]
    if len(set(given)) < len(given):
        raise InputError("--good, --bad and --manifest must be different files; name another")


def _sorted(rows: Rows, report: Report, manifest: Path | None) -> Iterator[_Sorted]:
    for fault in rows.faults:
        yield _Sorted({"line": fault.line}, fault.reason)
    originals = {} if manifest is None else _originals(manifest)
    for split, utterances in rows.splits.items():
        seen: set[str] = set()
        for utterance in utterances:
            again = "the id was there before" if utterance.id in seen else None
            seen.add(utterance.id)
            row = originals.get(utterance.line) or _described(utterance, split)
            yield _Sorted(row, again or report.bad.get((split, utterance.id)))


def _originals(manifest: Path) -> dict[str, Mapping[str, Any]]:
    return {f"{manifest}:{number}": row for number, row in read_json_lines(manifest, [])}


def _described(utterance: Utterance, split: str) -> dict[str, Any]:
    row = {
        "id": utterance.id, "audio_filepath": str(utterance.path.absolute()),
        "text": utterance.text, "label": utterance.label, "speaker": utterance.speaker,
        "offset": utterance.offset, "duration": utterance.seconds, "split": split,
    }  # fmt: skip
    kept = {key: value for key, value in row.items() if value not in ("", None)}
    return {**utterance.extras, "text": "", **kept}


def _moved(item: _Sorted, folder: Path | None) -> dict[str, Any]:
    """The row as it stands in a manifest elsewhere: paths made absolute by ``folder``."""
    row = dict(item.row)
    if folder is not None and isinstance(row.get("audio_filepath"), str):
        row["audio_filepath"] = str(folder / row["audio_filepath"])
    return row if item.reason is None else {**row, "reason": item.reason}
