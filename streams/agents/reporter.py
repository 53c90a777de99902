"""Once a second: tell every partition of ``observations`` how far this worker has come, and keep the gauges current."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from time import monotonic

import faust
import msgspec
from faust.tables.manager import TableManager
from faust.types import TP

from detectors.watermark import ProgressReport
from streams.agents.articles import ArticleAgent
from streams.agents.observations import ObservationAgent
from streams.fatal import Fatal
from streams.health import Health
from streams.metrics import Metrics
from streams.outbox import Message, Outbox
from streams.progress import ArticleProgress
from streams.records.cloudevents import headers as event_headers
from streams.settings import Settings
from streams.topics import ARTICLES, OBSERVATIONS
from streams.transport import committed_offsets

INTERVAL_SECONDS = 1.0


class StalledError(RuntimeError):
    """There is lag and nothing was committed for too long."""


class Reporter:
    """Sends progress reports and watches over the worker."""

    def __init__(
        self,
        app: faust.App,
        settings: Settings,
        progress: ArticleProgress,
        articles: ArticleAgent,
        observations: ObservationAgent,
        metrics: Metrics,
        health: Health,
        fatal: Fatal,
        *,
        observation_partitions: int,
    ) -> None:
        self._app = app
        self._settings = settings
        self._progress = progress
        self._articles = articles
        self._observations = observations
        self._metrics = metrics
        self._health = health
        self._fatal = fatal
        self._outbox = Outbox(app)
        self._partitions = range(observation_partitions)
        self._topic = settings.topic(ARTICLES)
        self._committed: dict[TP, int] = {}
        self._recovering_since: float | None = None

    def assigned(self, assigned: set[TP]) -> None:
        """The partitions that this worker owns from now on."""
        self._progress.assigned({tp.partition for tp in assigned if tp.topic == self._topic})
        self._recovering_since = monotonic()
        self._health.moved()

    async def run(self) -> None:
        """Run for ever.

        Raises:
            StalledError: there is lag and nothing was committed for too long; the worker is to be restarted.
        """
        while True:
            await asyncio.sleep(INTERVAL_SECONDS)
            self._watch_recovery()
            if not self._health.ready:
                continue
            await self._report()
            if not self._health.alive:
                raise StalledError(f"no commit for {self._health.stalled_for:.0f} s, lag {self._health.lag} records")

    def _watch_recovery(self) -> None:
        app = self._app
        # The end of a recovery is not an event that Faust offers without also offering it too early.
        ready = bool(not app.rebalancing and not app.in_recovery and self._recovered() and app.consumer.assignment())
        if ready and self._recovering_since is not None:
            self._metrics.recovery.set(monotonic() - self._recovering_since)
            self._recovering_since = None
        self._health.ready = ready and self._recovering_since is None
        self._metrics.ready.set(self._health.ready)

    def _recovered(self) -> bool:
        tables = self._app.tables
        return isinstance(tables, TableManager) and tables.recovery.completed.is_set()

    async def _report(self) -> None:
        owned = sorted(tp for tp in self._app.consumer.assignment() if tp.topic == self._topic)
        await self._find_starts(owned)
        # The order matters: what is done and how new it is first, the ends of the log after it.
        done = {tp.partition: self._progress.done[tp.partition] for tp in owned if tp.partition in self._progress.done}
        newest = {p: time for p, time in self._progress.newest.items() if p in done}
        ends = await self._ends()
        report = ProgressReport(done=done, newest=newest, horizon=max(newest.values(), default=None), ends=ends)
        value = msgspec.json.encode(report)
        headers = event_headers("progress", f"{self._settings.app_id}-{monotonic()}", time=datetime.now(UTC))
        topic = self._settings.topic(OBSERVATIONS)
        await self._outbox.send(
            Message(topic=topic, key=None, value=value, headers=headers, partition=partition)
            for partition in self._partitions
        )
        self._show(done, ends)

    async def _find_starts(self, owned: list[TP]) -> None:
        unknown = [tp for tp in owned if tp.partition not in self._progress.done]
        if not unknown:
            return
        consumer = self._app.consumer
        earliest = await consumer.earliest_offsets(*unknown)
        for tp in unknown:
            # Below the committed offset all is done; without one reading starts at the log's beginning.
            self._progress.start(tp.partition, committed_offsets(consumer).get(tp) or earliest.get(tp) or 0)

    async def _ends(self) -> dict[int, int]:
        consumer = self._app.consumer
        count = consumer.topic_partitions(self._topic) or 0
        ends = await consumer.highwaters(*(TP(self._topic, partition) for partition in range(count)))
        return {tp.partition: end for tp, end in ends.items() if end is not None}

    def _show(self, done: dict[int, int], ends: dict[int, int]) -> None:
        metrics, health = self._metrics, self._health
        lags = {p: max(ends.get(p, 0) - offset, 0) for p, offset in done.items()}
        for partition, lag in lags.items():
            metrics.lag.labels(self._topic, str(partition)).set(lag)
        health.lag = sum(lags.values())
        committed = committed_offsets(self._app.consumer)
        for tp, offset in committed.items():
            if tp.topic == self._topic and tp.partition in done and offset is not None:
                metrics.committed.labels(self._topic, str(tp.partition)).set(offset)
        if committed != self._committed or not health.lag:
            self._committed = committed
            metrics.committed_at.set(datetime.now(UTC).timestamp())
            health.moved()
        metrics.in_flight.set(self._articles.conveyor.in_flight)
        self._observations.show(metrics)
