"""Child processes of a test: each has a log, and ends with the test."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


class Program:
    """A running process, with one log for all its starts."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self.command = command
        self.log = log
        self.environment = environment
        self.process = self.spawn()

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the command."""
        with self.log.open("ab") as sink:
            return subprocess.Popen(self.command, stdout=sink, stderr=sink, env=self.environment)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def logs(self) -> str:
        """The last lines of its log."""
        return f"--- {self.log.name}\n{self.log.read_text()[-4000:]}"

    def require_running(self) -> None:
        """Fail the test if it has ended."""
        assert self.process.poll() is None, f"it ended\n{self.logs()}"

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; nothing if it has ended."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = 20.0) -> int:
        """Stop it, and kill it after a timeout in seconds; returns its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode
