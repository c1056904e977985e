"""The rows of a corpus as they are, with their faults beside them."""

from dataclasses import dataclass, field
from pathlib import Path

from asr.data.corpora.json_lines import read_json_lines
from asr.data.corpora.manifest_row import to_utterance
from asr.data.utterance import Utterance
from asr.errors import InputError
from asr.evaluation.fault import Fault
from asr.evaluation.source import SPLITS, Source, known_split, named_corpus

WHOLE = "all"  # the split of rows that name none


@dataclass(frozen=True, slots=True)
class Rows:
    """What could be read.

    Attributes:
        splits: utterances by split, those that occur twice too.
        faults: what could not be read.
    """

    splits: dict[str, list[Utterance]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def read_rows(source: Source) -> Rows:
    """Read every row of ``source``, past those that are at fault.

    Raises:
        InputError: there is no such manifest or corpus, or it does not have the split.
    """
    return _of_manifest(source, source.manifest) if source.manifest else _of_corpus(source)


def _of_manifest(source: Source, file: Path) -> Rows:
    rows, malformed, wanted = Rows(), list[str](), source.split
    roots = None if source.root is None else [source.root.absolute()]
    folder = file.absolute().parent
    for number, row in read_json_lines(file, malformed):
        split = str(row.get("split", WHOLE))
        if wanted not in (None, split):
            continue
        try:
            utterance = to_utterance(row, folder, ".", f"{file}:{number}", roots)
        except InputError as error:
            malformed.append(str(error))
        else:
            rows.splits.setdefault(split, []).append(utterance)
    if wanted is not None and not rows.splits:
        raise InputError(f"{file}: no row has split {wanted!r}")
    rows.faults.extend(_malformed(told, file) for told in malformed)
    return rows


def _malformed(told: str, file: Path) -> Fault:
    """``file:line: reason`` as a fault; a line is of no split when it cannot be read."""
    number, _, reason = told.removeprefix(f"{file}:").partition(": ")
    return Fault("malformed", "", "", reason, f"{file}:{number}")


def _of_corpus(source: Source) -> Rows:
    splits = SPLITS if source.split is None else (known_split(source.split),)
    corpus = named_corpus(source.corpus or "", source.root, source.settings)
    corpus.prepare()
    rows = Rows()
    for split in splits:
        try:
            rows.splits[split] = list(corpus.utterances(split))
        except InputError as error:
            rows.faults.append(Fault("malformed", split, "", str(error)))
    return rows
