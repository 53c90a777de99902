"""What a child process prints: kept in a bounded file, and passed on line by line."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

#: A file that would grow beyond this becomes FILE.1, in place of the one before (bytes): at most twice as much is kept.
MOST_BYTES = 10 * 1024 * 1024
#: A longer line is passed on in parts (bytes).
LONGEST_LINE = 64 * 1024


class Output:
    """A pipe that children write to, read in a thread until all of them have ended.

    The reader never stops: a child whose pipe is full would wait. If the file cannot be written, lines are still passed
    on, and the other way round.

    Args:
        file: appended to; the lines as the children print them.
        pass_on: gets each line, with its line end.
    """

    def __init__(self, file: Path, pass_on: Callable[[bytes], None]) -> None:
        self._file = file
        self._pass_on = pass_on
        self._size = file.stat().st_size if file.exists() else 0
        read, self.descriptor = os.pipe()
        """Where children write: their standard output or error."""
        self._thread = threading.Thread(target=self._read, args=(read,), name=f"output {file.name}", daemon=True)
        self._thread.start()

    def close(self, seconds: float = 5.0) -> None:
        """Pass on what the children have printed, once they have ended; give up after ``seconds``."""
        os.close(self.descriptor)
        self._thread.join(seconds)

    def _read(self, descriptor: int) -> None:
        with open(descriptor, "rb") as pipe:
            while line := pipe.readline(LONGEST_LINE):
                with contextlib.suppress(OSError):  # a full disk, or a folder that is gone
                    self._keep(line)
                with contextlib.suppress(OSError, ValueError):  # our own output is closed or full
                    self._pass_on(line)

    def _keep(self, line: bytes) -> None:
        if self._size + len(line) > MOST_BYTES:
            self._file.replace(self._file.with_name(f"{self._file.name}.1"))
            self._size = 0
        with self._file.open("ab") as kept:
            kept.write(line)
        self._size += len(line)
