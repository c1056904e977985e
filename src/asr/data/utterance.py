"""What a corpus is made of, before any audio is read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from asr.data.window import Window

Split = Literal["train", "val", "test"]
Extra = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Utterance:
    """One recording, or a part of one, and what is said or heard in it.

    Attributes:
        id: unique within the corpus.
        path: a mono or multi-channel audio file, at any sample rate.
        text: transcript as the corpus gives it; empty where the corpus has none.
        label: class of the whole recording; empty where the corpus has none.
        speaker: who speaks; empty where it is not known.
        offset: where in the file the utterance begins, in seconds.
        seconds: duration; ``None`` means up to the end of the file, to be read from its header.
        extras: whatever else the corpus knows: gender, accent, fold.
        line: where the row was read, as ``file:line``, for error messages.
        channel: the one of the recording in which it is heard; ``None`` where it is in all.
        window: where in the file the recording lies, if it is a member of an archive.
    """

    id: str
    path: Path
    text: str = ""
    label: str = ""
    speaker: str = ""
    offset: float = 0.0
    seconds: float | None = None
    extras: Mapping[str, Extra] = field(default_factory=dict)
    line: str = ""
    window: Window | None = None
    channel: int | None = None


def name_fault(utterance: Utterance) -> str | None:
    """Why no index can hold the utterance's name, if so: its bytes are not characters."""
    try:
        f"{utterance.id}{utterance.path}{utterance.text}{utterance.label}".encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8; rename it"
    return None


@runtime_checkable
class Corpus(Protocol):
    """What a corpus file must provide."""

    def prepare(self) -> None:
        """Put the files on disk, once per machine; a second call does nothing.

        Raises:
            InputError: the files are neither there nor to be had.
        """

    def utterances(self, split: Split) -> Iterable[Utterance]:
        """The utterances of one split, in a fixed order; no audio is decoded."""
