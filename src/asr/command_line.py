"""What the commands share: messages on standard output, and errors in one line."""

import argparse
import io
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from asr.errors import InputError
from asr.text.printable import printable


@contextmanager
def one_line_errors() -> Iterator[None]:
    """End in one line and status 2 where the user's input is at fault."""
    _replace_closed()
    speak()
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal may lack the letters of a text
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            yield
        finally:
            _flush()  # now, while a full disk can still be told
    except InputError as error:
        lines = [printable(line) for line in str(error).split("\n")]  # a config may have several
        sys.stderr.write("\n".join(["error: " + lines[0], *lines[1:]]) + "\n")
        raise SystemExit(2) from None
    except BrokenPipeError:
        _drop_output()  # whoever read it has gone
        raise SystemExit(141) from None


def _replace_closed() -> None:
    """Write to nowhere in place of streams that were closed before the program began."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # this also keeps files from becoming descriptor 1 or 2
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _drop_output()
        raise InputError(
            f"standard output: {error.strerror or error}; make room, or write elsewhere"
        ) from None


def _drop_output() -> None:
    """Have what is still buffered go nowhere, so that it does not raise again at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def one_line_usage() -> Iterator[None]:
    """Have argument parsers that are not ours refuse in one line as well.

    Raises:
        InputError: the arguments are refused.
    """

    def refuse(parser: argparse.ArgumentParser, message: str) -> NoReturn:
        raise InputError(f"{' '.join(message.split())}; see {parser.prog} --help")

    before = argparse.ArgumentParser.error
    argparse.ArgumentParser.error = refuse  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        argparse.ArgumentParser.error = before  # type: ignore[method-assign]


def speak() -> None:
    """Let messages of the ``asr`` logger reach standard output as they are."""
    log = logging.getLogger("asr")
    if not log.handlers:
        handler = _StandardOutput()
        handler.setFormatter(logging.Formatter("%(message)s"))
        log.addHandler(handler)
        log.propagate = False
    # Lightning tells much of itself; what matters of it is said by us.
    for library in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(library).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module=r"lightning\.|torch\.nn\.parallel")
    warnings.filterwarnings("ignore", "This DataLoader will create")  # more workers than cores
    # Of several processes of one run, the first speaks.
    first = not int(os.environ.get("LOCAL_RANK") or 0) and not int(os.environ.get("RANK") or 0)
    log.setLevel(logging.INFO if first else logging.WARNING)


class _StandardOutput(logging.Handler):
    """Writes to what standard output is when a message comes, not when the process began."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stdout.write(self.format(record) + "\n")
        sys.stdout.flush()
