"""A server process that we start, and that never outlives us.

A guard runs between us and the server: `guard.py`, in a bare interpreter. It holds one end of a pipe whose other end is
ours. When we close it, or die in any way (`kill -9` included), the guard sees the end of the pipe, asks the server to
stop, and kills it if it does not. The guard and the server run in a session of their own, so that a Ctrl-C in the
terminal reaches only us and we control the order in which processes stop.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from detectors.user_error import UserError
from streams.processes import guard

GRACE = 10.0
"""Seconds between SIGTERM and SIGKILL."""


class ServerError(UserError):
    """A server did not start, did not answer in time or ended by itself; the message has the end of its log."""


class ServerProcess:
    """One running server, started at construction.

    `command`: program and arguments; `log`: its output is appended to this file, unless it goes to the descriptor
    `output`; `grace`: seconds it has to stop.
    Raises ServerError if the program cannot be executed.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        grace: float = GRACE,
        output: int | None = None,
    ) -> None:
        self.log = log
        self._name = Path(command[0]).name
        self._grace = grace
        self._lock = threading.Lock()
        with log.open("ab") if output is None else contextlib.nullcontext(output) as sink:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", guard.__file__, str(grace), *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=sink,
                env=dict(os.environ if environment is None else environment),
                start_new_session=True,
            )
        assert self._guard.stdout is not None
        with self._guard.stdout as answer:
            line = answer.readline()
        if not line:
            self._guard.wait()
            raise ServerError(f"cannot start {self._name}\n{self.log_tail()}")
        self.pid = int(line)
        """Process id of the server, for signals such as SIGSTOP."""

    def running(self) -> bool:
        """Whether the server is running."""
        return self._guard.poll() is None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the server has ended; returns its exit code (128 + signal if a signal ended it).

        `timeout` in seconds; raises subprocess.TimeoutExpired.
        """
        code = self._guard.wait(timeout)
        return code if code >= 0 else 128 - code  # a signal ended the guard, and the server with it

    def stop(self) -> None:
        """Ask the server to stop, kill it after the grace period, and wait for its end; safe to call again."""
        self.request_stop()
        try:
            self.wait(self._grace + 5)
        except subprocess.TimeoutExpired:  # the guard itself is stuck, for example after a SIGSTOP
            self.kill()

    def request_stop(self) -> None:
        """Ask the server to stop and return at once; call `wait` or `stop` afterwards."""
        with self._lock:
            if self._guard.stdin is not None and not self._guard.stdin.closed:
                self._guard.stdin.close()

    def kill(self) -> None:
        """Kill the server at once, as a crash would (SIGKILL), and wait for its end."""
        if self.running():
            with contextlib.suppress(ProcessLookupError):  # it has just ended, and the guard is about to report it
                os.kill(self.pid, signal.SIGKILL)
            try:
                self.wait(5)
            except subprocess.TimeoutExpired:
                self._guard.kill()
                self.wait()
        self.request_stop()

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of the server's log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def require_running(self) -> None:
        """Raise ServerError with the end of the log if the server has ended by itself."""
        if not self.running():
            raise ServerError(f"{self._name} ended with exit code {self.wait()}\n{self.log_tail()}")
