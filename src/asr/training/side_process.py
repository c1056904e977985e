"""A process beside the run that takes messages and can do the run no harm."""

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from queue import SimpleQueue
from threading import Thread
from typing import Any

log = logging.getLogger("asr")

STOPPED = 3  # exit status of a process that has said itself why it ended


class SideProcess:
    """Runs a module of ours, which reads one JSON object a line from its standard input.

    Sending never waits and never fails, even if the process has died or hangs.

    Args:
        module: its dotted name.
        name: of what it does, for messages.

    Raises:
        OSError: no process can be started.
    """

    def __init__(self, module: str, name: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the run, which then tells this process
        )
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._given_up = False
        self._thread = Thread(target=self._write, name=name, daemon=True)
        self._thread.start()

    def send(self, message: Mapping[str, Any]) -> None:
        if self._thread.is_alive():
            self._lines.put(json.dumps(message, default=str).encode() + b"\n")

    def close(self, seconds: float) -> bool:
        """End the messages and wait for the process, but not longer than ``seconds``.

        Returns:
            Whether it ended by itself; otherwise it was killed.
        """
        self._lines.put(None)
        self._thread.join(seconds)
        if self._thread.is_alive():
            self._given_up = True
            self._kill()
        return not self._given_up

    def _write(self) -> None:
        assert self._process.stdin is not None
        try:
            with self._process.stdin as pipe:
                for line in iter(self._lines.get, None):
                    pipe.write(line)
                    pipe.flush()
        except OSError:
            pass  # it reads no more: its exit status says why
        status = self._process.wait()
        if status not in (0, STOPPED) and not self._given_up:
            log.warning(
                "%s: its process ended with status %d; the run goes on without it",
                self.name, status,
            )  # fmt: skip

    def _kill(self) -> None:
        if hasattr(os, "killpg"):  # with what it has started
            os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()
