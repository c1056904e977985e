"""Audio that turned out to be unusable when it was decoded, as rows that are left out."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pyarrow.compute as pc

from asr.data.index import Index, Skipped


def unread_rows(index: Index, unread: Mapping[str, str]) -> Iterator[Skipped]:
    """The utterances of ``index`` that could not be read.

    Args:
        unread: reasons, by the id of the utterance.
    """
    for name, reason in unread.items():
        row = pc.index(index.table["id"], name).as_py()
        if row >= 0:
            found = Skipped(name, str(index[row].path), reason, index[row].line)
            yield replace(found, reason=reason.removeprefix(f"{found.path}: "))
