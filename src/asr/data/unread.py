"""Audio that turned out to be unusable when it was decoded, as rows that are left out."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from asr.data.index import Index
from asr.data.skipped import Skipped


def unread_rows(index: Index, unread: Mapping[str, str]) -> Iterator[Skipped]:
    """The utterances of ``index`` that could not be read.

    Args:
        unread: reasons, by the id of the utterance.
    """
    for row, name in enumerate(index.values("id") if unread else ()):
        if name in unread:
            found = Skipped(name, str(index[row].path), unread[name], index[row].line)
            yield replace(found, reason=found.reason.removeprefix(f"{found.path}: "))
