"""From a trained network to one with other outputs: what they share is copied."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import NamedTuple

import torch

from asr.assemble import Recognizer
from asr.errors import InputError


class Transfer(NamedTuple):
    """What was copied.

    Attributes:
        reused: parameters of features and encoder.
        rows: outputs that were copied.
        new: outputs that were not, by symbol; ``None`` is the CTC blank.
    """

    reused: int
    rows: int
    new: tuple[str | None, ...]


def transfer(old: Recognizer, new: Recognizer, pairs: Iterable[tuple[str, str]] = ()) -> Transfer:
    """Copy features and encoder, and the outputs for symbols that both recognisers know.

    An output is a row of each of the head's tensors, weight and bias; the CTC blank goes to the
    CTC blank. What is not copied stays as it was initialised. Between two tasks nothing is copied
    but what ``pairs`` say: the scores of frames, apart from blanks, are far from those of clips.

    Args:
        pairs: an old symbol and the new one that gets its row, in place of its namesake's.

    Raises:
        InputError: a pair names a symbol that is not there, or a new one twice.
    """
    namesakes = type(old.task) is type(new.task)
    rows = _rows(old.task.classes, new.task.classes, list(pairs), namesakes)
    body = {
        name: tensor
        for name, tensor in old.model.state_dict().items()
        if not name.startswith("head.")
    }
    new.model.load_state_dict({**new.model.state_dict(), **body})
    copied = _copy_rows(old, new, rows)
    numbers = sum(p.numel() for n, p in new.model.named_parameters() if not n.startswith("head."))
    return Transfer(
        reused=numbers,
        rows=len(rows) if copied else 0,
        new=tuple(
            symbol
            for row, symbol in enumerate(new.task.classes)
            if not (copied and row in rows)
        ),
    )  # fmt: skip


@torch.no_grad()
def _copy_rows(old: Recognizer, new: Recognizer, rows: dict[int, int]) -> bool:
    """Copy row by row where both heads have a row for each class; whether any do."""
    theirs, copied = old.model.head.state_dict(), False
    targets, sources = list(rows), list(rows.values())
    for name, tensor in new.model.head.state_dict().items():
        other = theirs.get(name)
        if other is None or other.shape[1:] != tensor.shape[1:]:
            continue
        if (len(other), len(tensor)) == (len(old.task.classes), len(new.task.classes)):
            tensor[targets] = other[sources]
            copied = True
    return copied


def _rows(
    old: Sequence[str | None],
    new: Sequence[str | None],
    pairs: Sequence[tuple[str, str]],
    namesakes: bool,
) -> dict[int, int]:
    """Of each new row that is copied, the old one."""
    source = {symbol: row for row, symbol in enumerate(old)}
    target = {symbol: row for row, symbol in enumerate(new)}
    taken: dict[str | None, str | None] = {}
    if namesakes:
        taken = {symbol: symbol for symbol in target if symbol in source}
    mapped: set[str] = set()
    for left, right in pairs:
        _refuse_unknown(left, source, "no symbol of the old vocabulary")
        _refuse_unknown(right, target, "no symbol of the new vocabulary")
        if right in mapped:
            raise InputError(f"finetune.map: {right!r} is named twice; give it one old symbol")
        mapped.add(right)
        taken[right] = left
    return {target[right]: source[left] for right, left in taken.items()}


def _refuse_unknown(symbol: str, known: Iterable[str | None], what: str) -> None:
    symbols = [other for other in known if other is not None]
    if symbol in symbols:
        return
    near = get_close_matches(symbol, symbols, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"it begins {symbols[:10]}"
    raise InputError(f"finetune.map: {symbol!r} is {what}; {hint}")
