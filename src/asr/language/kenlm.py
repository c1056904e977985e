"""N-gram language models in binaries of KenLM, read by the KenLM within flashlight-text."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from asr.errors import InputError
from asr.language.flashlight import flashlight
from asr.regular_file import refuse_endless

_MAGIC = b"mmap lm http://kheafield.com/code"
_UNKNOWN = "<unk>"


def is_kenlm(path: Path) -> bool:
    """Whether the file is a binary of KenLM.

    Raises:
        InputError: it cannot be read.
    """
    refuse_endless(path)
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give another") from error


class KenlmModel:
    """A model whose n-grams stay in KenLM's memory map.

    Args:
        path: a binary, or an ARPA file.
        words: all that will be asked for; others are unknown.

    Raises:
        InputError: flashlight-text is not installed, or its KenLM refuses the file.
    """

    def __init__(self, path: Path, words: Sequence[str]) -> None:
        library = flashlight()
        if library is None:
            raise InputError(
                f"{path}: KenLM is needed for it, which is within flashlight-text: pip install "
                "-e '.[beam]', or give the ARPA file"
            )
        self.words = [word for word in words if word != _UNKNOWN]
        self._index = {word: index for index, word in enumerate(self.words)}
        self.native = native(path, [*self.words, _UNKNOWN])

    def start(self) -> Any:
        return self.native.start(False)

    def anywhere(self) -> Any:
        return self.native.start(True)

    def score(self, state: Any, word: str) -> tuple[Any, float]:
        found: tuple[Any, float] = self.native.score(state, self._index.get(word, len(self.words)))
        return found

    def finish(self, state: Any) -> float:
        return float(self.native.finish(state)[1])


def native(path: Path, words: Sequence[str]) -> Any:
    """Flashlight's own language model over ``words``, by their positions.

    Raises:
        InputError: KenLM refuses the file.
    """
    from flashlight.lib.text.decoder.kenlm import KenLM
    from flashlight.lib.text.dictionary import Dictionary

    try:
        with _silent():
            return KenLM(str(path), Dictionary(list(words)))
    except Exception as error:  # whatever C++ throws
        told = " ".join(str(error).split())[-200:]
        raise InputError(f"{path}: KenLM cannot read it ({told}); give another") from error


@contextmanager
def _silent() -> Iterator[None]:
    """Keep what C++ writes to the error output, such as a bar of progress, from the user."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
