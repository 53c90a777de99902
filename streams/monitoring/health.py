"""Whether a worker is alive and ready, and the watchdog that ends one that hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic

#: How often the watchdog checks (seconds).
CHECK_SECONDS = 1.0

#: Where a worker may stall: a topic and partition, or a step of its own.
Place = tuple[str, int]


class Health:
    """Whether the worker is alive (makes progress wherever there is work) and ready (recovered and reading).

    Times are seconds of the monotonic clock. Silence counts as a stall, so that ``/livez`` also fails if the event loop
    or the progress reporter hangs. While Kafka does not answer only the event loop counts: a restart would not help.
    """

    def __init__(self, stall_seconds: float) -> None:
        self._stall_seconds = stall_seconds
        self._moved: dict[Place, tuple[int, float]] = {}
        self._beat = self._reported = monotonic()
        self._lost: tuple[float, str, bool] | None = None
        self._reading = False
        self.lag = 0

    @property
    def ready(self) -> bool:
        """Whether the worker reads its partitions, and Kafka answers."""
        return self._reading and self._lost is None

    @ready.setter
    def ready(self, reading: bool) -> None:
        self._reading = reading

    @property
    def not_ready(self) -> str:
        """Why the worker is not ready."""
        if self._lost is None:
            return "recovering, or waiting for partitions"
        _, reason, partly = self._lost
        return f"Kafka {'has been partly away' if partly else 'has not answered'} for {self.lost_for:.0f} s: {reason}"

    def beat(self) -> None:
        """Record that the event loop runs."""
        self._beat = monotonic()

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Beat from a thread while there is no event loop yet."""
        done = threading.Event()

        def beat() -> None:
            self.beat()
            while not done.wait(CHECK_SECONDS):
                self.beat()

        thread = threading.Thread(target=beat, name="beat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()

    def moved(self) -> None:
        """Record progress of the whole worker: partitions were assigned, or rule state was recovered."""
        self._beat = self._reported = monotonic()
        self._moved.clear()

    def kafka_lost(self, reason: str, *, partly: bool = False) -> None:
        """Record that Kafka, or a part of it that the worker needs, does not answer."""
        self._lost = (monotonic() if self._lost is None else self._lost[0], reason, partly)

    def kafka_answers(self) -> bool:
        """Record that Kafka answers; whether this is news. The worker then has all of the time limit to go on."""
        if self._lost is None:
            return False
        self._reported = monotonic()
        self._moved.clear()
        self._lost = None
        return True

    @property
    def lost_for(self) -> float:
        """For how long Kafka has not answered, in seconds; 0 if it answers."""
        lost = self._lost
        return 0.0 if lost is None else monotonic() - lost[0]

    def reached(self, done: Mapping[Place, int], behind: Collection[Place]) -> None:
        """Record the committed offset of each place, and which places have work left."""
        now = self._beat = self._reported = monotonic()
        for place in [place for place in self._moved if place not in behind]:
            del self._moved[place]
        for place in behind:
            offset = done.get(place, -1)
            if place not in self._moved or self._moved[place][0] != offset:
                self._moved[place] = (offset, now)

    @property
    def stalled_for(self) -> float:
        """Seconds since the last progress of the slowest place; places without work do not count."""
        since = [self._beat]
        if self._lost is None:
            since += [self._reported, *(time for _, time in list(self._moved.values()))]
        return monotonic() - min(since)

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
