"""One collector: it polls the sources of the partitions that it owns, and sends what is new."""

from __future__ import annotations

import heapq
import logging
import queue
import random
import threading
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from time import monotonic, time
from typing import Self

from detectors.model.event_time import parse_time
from streams.collector.delivery import Delivery, Write
from streams.collector.position import Position, forgetting, news
from streams.collector.positions import Positions
from streams.collector.schedule import pause
from streams.monitoring.collector_metrics import CollectorMetrics
from streams.settings import Settings
from streams.sources.feed import Feed
from streams.sources.listed.poll import Polled, poll
from streams.sources.listed.robots import Robots
from streams.sources.listed.source import Source
from streams.sources.rss.readers import Readers

#: Polls at a time: most of them wait for a server.
POLLS = 32
#: How often the group is looked after (milliseconds).
LOOK_MS = 200
#: How long partitions that move may wait for articles that are being sent (seconds).
LEAVE_SECONDS = 30.0

logger = logging.getLogger(__name__)


class _Owned:
    """A source in work. ``busy`` guards its position: while it is held, articles may be sent."""

    def __init__(self, source: Source, position: Position) -> None:
        self.source = source
        self.position = position
        self.failures = 0
        self.lost = False
        self.busy = threading.Lock()
        self.order = random.random()  # noqa: S311 - spreads what is due at the same moment


class Collector:
    """A member of the group of collectors; a context manager around :meth:`step`.

    Raises:
        BrokerUnreachableError: no broker answers.
        TopicUnreadableError: the topic of positions does not exist.
    """

    def __init__(
        self, settings: Settings, sources: Sequence[Source], metrics: CollectorMetrics, readers: Readers
    ) -> None:
        self._private = settings.feeds_at_private_addresses
        self._metrics = metrics
        self._readers = readers
        self._robots = Robots()
        self.feed = Feed(settings, refuse=logger.warning)
        self._positions = Positions(settings, self._leave)
        self._delivery = Delivery(settings, self.feed)
        self._of_partition: dict[int, list[Source]] = {}
        for source in sources:
            self._of_partition.setdefault(self._positions.partition_of(source.name), []).append(source)
        self._owned: dict[int, list[_Owned]] = {}
        self._due: list[tuple[float, float, _Owned]] = []
        self._lock = threading.Lock()
        self._work: queue.SimpleQueue[_Owned | None] = queue.SimpleQueue()
        self._failure: BaseException | None = None
        self.ready = False
        self.stepped = monotonic()

    def __enter__(self) -> Self:
        self.feed.__enter__()
        self._positions.__enter__()
        for number in range(POLLS):
            threading.Thread(target=self._run, name=f"poll-{number}", daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self.ready = False
        for _number in range(POLLS):
            self._work.put(None)
        self._leave(tuple(self._owned))
        self._positions.__exit__(kind, error, trace)
        self._delivery.close()
        self.feed.__exit__(kind, error, trace)

    def step(self) -> None:
        """Take part in the group, and hand out what is due.

        Raises:
            UnacknowledgedError, KafkaError: the brokers did not take what was sent.
        """
        self.stepped = monotonic()
        for partition, positions in self._positions.poll(LOOK_MS).items():
            self._take(partition, positions)
            self.ready = True
        if self._failure is not None:
            raise self._failure
        with self._lock:
            now = monotonic()
            while self._due and self._due[0][0] <= now:
                owned = heapq.heappop(self._due)[2]
                if not owned.lost:
                    self._work.put(owned)

    def _take(self, partition: int, positions: dict[str, Position]) -> None:
        taken = [
            _Owned(source, positions.get(source.name, Position())) for source in self._of_partition.get(partition, ())
        ]
        with self._lock:
            self._owned[partition] = taken
            for owned in taken:
                self._metrics.take(owned.source.name, time())
                heapq.heappush(self._due, (monotonic(), owned.order, owned))
            self._metrics.owned.set(sum(map(len, self._owned.values())))
        logger.info("owns partition %d with %d sources", partition, len(taken))

    def _leave(self, partitions: Collection[int]) -> None:
        """Stop with the sources of partitions that move, and wait for what is being sent."""
        until = monotonic() + LEAVE_SECONDS
        with self._lock:
            leaving = [owned for number in partitions for owned in self._owned.pop(number, ())]
            for owned in leaving:
                owned.lost = True
                self._metrics.drop(owned.source.name)
            self._metrics.owned.set(sum(map(len, self._owned.values())))
        for owned in leaving:
            if owned.busy.acquire(timeout=max(until - monotonic(), 0.01)):
                owned.busy.release()

    def _run(self) -> None:
        while (owned := self._work.get()) is not None:
            try:
                self._poll(owned)
            except BaseException as error:  # noqa: BLE001 - ends the collector, in its main thread
                self._failure = self._failure or error
                return

    def _poll(self, owned: _Owned) -> None:
        source = owned.source
        if owned.position.pending is not None:
            with owned.busy:
                if owned.lost:
                    return
                owned.position = self._delivery.resume(source.name, owned.position, self._writer(source))
        polled = self._polled(owned)
        with owned.busy:
            if owned.lost:
                return
            self._keep(owned, polled)
        owned.failures = 0 if polled.problem is None else owned.failures + 1
        if polled.problem is not None:
            logger.warning("source %s: %s: %s", source.name, polled.outcome, polled.problem)
        wait = pause(source, owned.failures, polled.retry_after, random.random(), datetime.now(UTC))  # noqa: S311
        with self._lock:
            heapq.heappush(self._due, (monotonic() + wait, owned.order, owned))

    def _polled(self, owned: _Owned) -> Polled:
        source, validators = owned.source, owned.position.validators
        try:
            return poll(source, self._readers, private=self._private, robots=self._robots, validators=validators)
        except Exception:  # whatever it is, it costs this poll alone
            logger.exception("source %s: cannot be polled", source.name)
            return Polled("failed", problem="an error of the collector, see above")

    def _keep(self, owned: _Owned, polled: Polled) -> None:
        """Send what is new, and store the position."""
        name, now = owned.source.name, datetime.now(UTC)
        found = news(owned.position, polled.articles, now)
        position = owned.position
        if found:
            position = self._delivery.send(name, position, [one for _, one in found], self._writer(owned.source))
        if polled.outcome == "read":
            position = forgetting(position, polled.articles, now)
            position = Position(position.items, polled.validators)
        if found or position.validators != owned.position.validators:
            self._positions.write(name, position)
        owned.position = position
        with self._lock:
            if not owned.lost:
                self._count(owned.source, polled, [change for change, _ in found])

    def _count(self, source: Source, polled: Polled, changes: list[str]) -> None:
        metrics, name = self._metrics, source.name
        metrics.polls.labels(name, polled.outcome).inc()
        for change in changes:
            metrics.items.labels(name, change).inc()
        metrics.items.labels(name, "known").inc(len(polled.articles) - len(changes))
        metrics.items.labels(name, "left_out").inc(len(polled.left_out))
        if polled.problem is None:
            metrics.success.labels(name).set_to_current_time()
        times = [found for article in polled.articles if (found := parse_time(article.published_at or ""))]
        if times:
            metrics.newest.labels(name).set(max(times).timestamp())

    def _writer(self, source: Source) -> Write:
        return lambda position: self._positions.write(source.name, position)
