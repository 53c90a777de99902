"""A worker is ready when it has recovered, reads its partitions, all its topics exist, and it is not stopping."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import faust
from faust.tables.manager import TableManager

from streams.monitoring.health import Health
from streams.monitoring.metrics import Metrics


class Readiness:
    """Follows an app's rebalances and recoveries, and updates ``/readyz`` and the readiness gauge."""

    def __init__(self, app: faust.App, metrics: Metrics, health: Health) -> None:
        self._app = app
        self._metrics = metrics
        self._health = health
        self._restored = 0
        self._recovering_since: float | None = None
        self._waiting = False
        self._stopping = False
        self._ready = False
        self.reading = False
        """Whether the worker has recovered and reads its partitions."""
        self.on_ready: Callable[[], None] | None = None
        """Called each time the worker becomes ready: after its start, and after each rebalance."""

    def moving(self) -> None:
        """Partitions are revoked: the worker is not ready until ``look`` finds that it has recovered."""
        self.reading = False
        self._show()

    def assigned(self) -> None:
        """Partitions are assigned: recovery begins."""
        self._recovering_since = monotonic()
        self._health.moved()

    def look(self, restored: int) -> None:
        """Check whether recovery is over; ``restored``: changelog records read since the process started."""
        if restored != self._restored:  # a long recovery is not a stall
            self._restored = restored
            self._health.moved()
        # Faust signals the end of a recovery, but sometimes too early.
        self.reading = not self._app.rebalancing and not self._app.in_recovery and self._recovered()
        if self.reading and self._recovering_since is not None:
            self._metrics.recovery.set(monotonic() - self._recovering_since)
            self._recovering_since = None
            self._health.moved()
        self._show()

    @property
    def still_reading(self) -> bool:
        """Whether no rebalance has begun since the last :meth:`look`."""
        return self.reading and not self._app.rebalancing

    @property
    def has_read(self) -> bool:
        """Whether the worker has read its partitions, though :meth:`look` may not have seen yet that it recovered."""
        return self.reading or (not self._app.in_recovery and self._recovered())

    def waiting(self, waiting: bool) -> None:
        """Set whether the worker waits for a deleted topic: it is then idle and not ready."""
        self._waiting = waiting
        if waiting:
            self._health.moved()

    def stopping(self) -> None:
        """Mark the worker as stopping: it is not ready any more."""
        self._stopping = True
        self._show()

    def _recovered(self) -> bool:
        tables = self._app.tables
        return isinstance(tables, TableManager) and tables.recovery.completed.is_set()

    def _show(self) -> None:
        ready = self.reading and not self._waiting and not self._stopping
        if ready and not self._ready and self.on_ready is not None:
            self.on_ready()
        self._ready = self._health.ready = ready
        self._metrics.ready.set(ready)
