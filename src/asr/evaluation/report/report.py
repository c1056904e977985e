"""An evaluation as a page to look at, to listen to and to search."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from asr.bundle import Bundle, load_model
from asr.errors import InputError
from asr.evaluation.evaluation_folder import read_evaluation
from asr.evaluation.report.clips import make_clips
from asr.evaluation.report.content import content
from asr.evaluation.report.page import page


class Report(NamedTuple):
    """A page, and what its reader is told of it.

    Attributes:
        html: all of it.
        utterances: in the table.
        heard: how many of them can be listened to.
        notes: what could not be shown, and why.
    """

    html: str
    utterances: int
    heard: int
    notes: Sequence[str]


def report(
    folder: Path,
    other: Path | None = None,
    *,
    listen: int = 50,
    megabytes: float = 25.0,
    model: Path | None = None,
    allow: Sequence[str] = (),
) -> Report:
    """Make the page of an evaluation.

    Args:
        folder: that ``asr evaluate --output`` wrote.
        other: an earlier evaluation of the same data, to compare with.
        listen: utterances, those with the most errors, to embed the audio of.
        megabytes: most that audio and pictures may take.
        model: whose tokens to show; the evaluated one where not given.
        allow: see :func:`~asr.bundle.load_model`.

    Raises:
        InputError: a folder is none of an evaluation, or ``model`` cannot be used.
    """
    found = read_evaluation(folder)
    before = None if other is None else read_evaluation(other)
    notes = list[str]()
    bundle = _model(found.summary.get("model"), model, allow, notes) if listen else None
    clips = make_clips(found.rows, listen, megabytes, bundle)
    if clips.unread:
        notes.append(f"The audio of {clips.unread} utterances could not be read.")
    if clips.unfitting:
        notes.append(
            f"Audio is embedded up to {megabytes:g} MB, which {clips.unfitting} of the worst "
            f"{listen} utterances did not fit in; --listen-mb sets another limit."
        )
    html = page(content(found, before, clips, notes), clips.clips)
    return Report(html, len(found.rows), len(clips.clips), notes)


def _model(
    evaluated: object, given: Path | None, allow: Sequence[str], notes: list[str]
) -> Bundle | None:
    if given is not None:
        return load_model(given, allow)
    try:
        return load_model(Path(str(evaluated)), allow)
    except InputError as error:  # the page is worth having without it
        notes.append(f"No probabilities of tokens are shown: {error}.")
        return None
