"""A worker that is restarted whenever it ends, as an orchestrator does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streams.settings import Settings
from tests.rigs.worker import Worker


class KeptWorker(Worker):
    """One worker with its own data; a keeper calls :meth:`keep`."""

    def __init__(
        self, settings: Settings, log: Path, *, wrap: Sequence[str] = (), host: str = "127.0.0.1", **changes: Any
    ) -> None:
        self.restarts = 0
        self.kept = True
        self._lock = threading.RLock()
        super().__init__(settings, log, wrap=wrap, host=host, **{"data_dir": log.with_suffix("")} | changes)

    def keep(self) -> None:
        """Restart it if it has ended."""
        with self._lock:
            if self.kept and self.process.poll() is not None:
                self.restarts += 1
                self.process = self.spawn()

    def require_running(self) -> None:
        """Do nothing: an ended worker is restarted."""

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; :meth:`keep` restarts it."""
        with self._lock:
            super().signal(number)

    def kill(self) -> None:
        """Kill it, as a crash would; :meth:`keep` restarts it."""
        with self._lock:
            super().kill()

    def stop(self, seconds: float = 12.0) -> int:
        """Stop it permanently, and kill it after a timeout in seconds; returns its exit status."""
        with self._lock:
            self.kept = False
        return super().stop(seconds)
