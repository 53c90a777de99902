"""Whether a worker is alive and ready, and the watchdog that ends one that hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from time import monotonic

#: How often the watchdog checks (seconds).
CHECK_SECONDS = 1.0

#: Where a worker may stall: a topic and partition, or a step of its own.
Place = tuple[str, int]


class Health:
    """Whether the worker is alive (makes progress wherever there is work) and ready (recovered and reading).

    Times are seconds of the monotonic clock. Silence counts as a stall, so that ``/livez`` also fails if the progress
    reporter itself hangs.
    """

    def __init__(self, stall_seconds: float) -> None:
        self._stall_seconds = stall_seconds
        self._moved: dict[Place, tuple[int, float]] = {}
        self._beat = monotonic()
        self.ready = False
        self.lag = 0

    def moved(self) -> None:
        """Record progress of the whole worker: partitions were assigned, or rule state was recovered."""
        self._beat = monotonic()
        self._moved.clear()

    def reached(self, done: Mapping[Place, int], behind: Collection[Place]) -> None:
        """Record the committed offset of each place, and which places have work left."""
        now = self._beat = monotonic()
        for place in [place for place in self._moved if place not in behind]:
            del self._moved[place]
        for place in behind:
            offset = done.get(place, -1)
            if place not in self._moved or self._moved[place][0] != offset:
                self._moved[place] = (offset, now)

    @property
    def stalled_for(self) -> float:
        """Seconds since the last progress of the slowest place; places without work do not count."""
        return monotonic() - min([self._beat, *(time for _, time in list(self._moved.values()))])

    @property
    def alive(self) -> bool:
        """False if a place with work has made no progress for too long."""
        return self.stalled_for < self._stall_seconds


class StalledError(RuntimeError):
    """A worker with work left that has made no progress for too long."""


class Watchdog:
    """Ends a stalled worker from a separate thread: an event loop that hangs cannot end itself."""

    def __init__(self, health: Health, fatal: Callable[[BaseException], None]) -> None:
        self._health = health
        self._fatal = fatal
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def __enter__(self) -> Watchdog:
        self._health.moved()  # loading a model may have taken longer than the limit
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def _watch(self) -> None:
        while not self._stop.wait(CHECK_SECONDS):
            if not self._health.alive:
                seconds, lag = self._health.stalled_for, self._health.lag
                self._fatal(StalledError(f"no progress for {seconds:.0f} s, lag {lag} records"))
                return
