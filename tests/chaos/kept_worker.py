"""A worker that is started again whenever it ends, as whoever runs it in earnest would do."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streams.settings import Settings
from tests.rigs.worker import Worker


class KeptWorker(Worker):
    """One worker, whose keeper calls :meth:`keep`; its data are its own."""

    def __init__(
        self, settings: Settings, log: Path, *, wrap: Sequence[str] = (), host: str = "127.0.0.1", **changes: Any
    ) -> None:
        self.restarts = 0
        self.kept = True
        self._lock = threading.RLock()
        super().__init__(settings, log, wrap=wrap, host=host, **{"data_dir": log.with_suffix("")} | changes)

    def keep(self) -> None:
        """Start it again if it has ended."""
        with self._lock:
            if self.kept and self.process.poll() is not None:
                self.restarts += 1
                self.process = self.spawn()

    def require_running(self) -> None:
        """Nothing: one that has ended is started again."""

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; the keeper does the rest."""
        with self._lock:
            super().signal(number)

    def kill(self) -> None:
        """End it at once, as a crash would; the keeper does the rest."""
        with self._lock:
            super().kill()

    def stop(self, seconds: float = 12.0) -> int:
        """Stop it for good, and kill it when it does not end within so many seconds; its exit status."""
        with self._lock:
            self.kept = False
        return super().stop(seconds)
