"""A name for the state of a corpus: its arguments, the files it reads and the code that does it."""

import hashlib
import inspect
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from asr.data.headers import file_state
from asr.data.utterance import Corpus, Split


@runtime_checkable
class Sourced(Protocol):
    """A corpus that can say cheaply whether it has changed."""

    def sources(self, split: Split) -> Sequence[Path]:
        """Files and folders that decide what the utterances of a split are.

        Of a folder, all that is in it counts, at any depth.
        """


def source_state(corpus: Corpus, split: Split) -> str | None:
    """A hash that changes when the utterances of a split may have; ``None`` if nobody can say.

    Content is not read: size and time of the last change stand for it.
    """
    if not isinstance(corpus, Sourced):
        return None
    try:
        told = "\n".join([_said(corpus), _code(), _own_code(type(corpus)), split])
    except TypeError:
        return None
    digest = hashlib.blake2b(told.encode(errors="surrogateescape"), digest_size=16)
    for source in corpus.sources(split):
        for path in _files(source.absolute()):
            line = f"{path}\0{file_state(path)}\n"
            digest.update(line.encode(errors="surrogateescape"))
    return digest.hexdigest()


def _said(value: Any) -> str:
    """The arguments of an object, however deep, in one way of writing.

    Raises:
        TypeError: a part of it does not say what it is.
    """
    if value is None or isinstance(value, str | int | float | bool | re.Pattern):
        return repr(value)
    if isinstance(value, Path):
        return repr(str(value))
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_said(k)}:{_said(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_said, value)) + "]"
    if is_dataclass(value):
        within: Mapping[str, Any] = {f.name: getattr(value, f.name) for f in fields(value)}
    elif isinstance(value, Sourced):
        within = vars(value)
    else:
        raise TypeError(f"{type(value)} does not say what it holds")
    return f"{type(value).__module__}.{type(value).__qualname__}{_said(within)}"


@lru_cache(maxsize=1)
def _code() -> str:
    """A hash of the code that lists, measures and writes utterances."""
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _own_code(kind: type) -> str:
    try:
        return str(file_state(inspect.getfile(kind)))
    except (TypeError, OSError):
        return ""  # written at a prompt


def _files(source: Path) -> Iterator[str]:
    """The file, or all files under the folder, in a fixed order; links are followed."""
    yield str(source)
    seen: set[tuple[int, int]] = set()
    for folder, folders, names in os.walk(source, followlinks=True):
        here = Path(folder).stat()
        if (here.st_dev, here.st_ino) in seen:
            folders.clear()  # a link back up would lead round for ever
            continue
        seen.add((here.st_dev, here.st_ino))
        folders.sort()
        yield from (f"{folder}/{name}" for name in sorted(names))
