"""Once a second: tell every partition of ``observations`` how far this worker has come, and keep the gauges current.

What was told may be committed, and nothing else: were the newest article committed first, and its reader killed before
it tells of it, nobody would know its time, and event time would stand still until the next article.

No offset is told of a log that is no more: where a topic was deleted, the worker waits for it; where it was made anew,
the worker begins again.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from time import monotonic

import faust
import msgspec
from aiokafka.errors import KafkaError
from faust.tables.manager import TableManager
from faust.types import TP

from detectors.timeline.log import thinned
from detectors.timeline.watermark import ProgressReport
from detectors.user_error import UserError
from streams.kafka.topics import ARTICLES, OBSERVATIONS
from streams.monitoring.health import Health
from streams.monitoring.metrics import Metrics
from streams.records.cloudevents import headers as event_headers
from streams.settings import Settings
from streams.transport.consumer import consumer_of
from streams.transport.sender import Message, Outbox
from streams.transport.start_offsets import Logs
from streams.transport.transaction_markers import TransactionEnds
from streams.worker.agents.article_progress import ArticleProgress
from streams.worker.agents.articles import ArticleAgent
from streams.worker.agents.observations import ObservationAgent
from streams.worker.shutdown import Fatal

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 1.0


class ObservationsExpandedError(UserError):
    """``observations`` has more partitions than before: keys go elsewhere than their facts are."""

    def __init__(self, topic: str, partitions: int) -> None:
        super().__init__(f"{topic} was expanded while the worker ran; expected {partitions} partitions, as before")


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
        logs: Logs,
        *,
        observation_partitions: int,
    ) -> None:
        self._app = app
        self._logs = logs
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
        self._restored = 0
        self._recovering_since: float | None = None
        self._reading = False
        self._stopping = False
        self._transaction_ends = TransactionEnds()
        self._gone: set[str] = set()

    def assigned(self, assigned: set[TP]) -> None:
        """The partitions that this worker owns from now on."""
        observed = {tp.partition for tp in assigned if tp.topic == self._observations.topic}
        if not observed <= set(self._partitions):
            self._fatal(ObservationsExpandedError(self._observations.topic, len(self._partitions)))
        self._progress.assigned({tp.partition for tp in assigned if tp.topic == self._topic})
        self._recovering_since = monotonic()
        self._transaction_ends.forget()
        self._health.moved()

    def moving(self) -> None:
        """Partitions are on the move: the worker is not ready until it has been found to be again."""
        self._reading = False
        self._show_ready()

    def stopping(self) -> None:
        """The worker was asked to stop: it is ready no more."""
        self._stopping = True
        self._show_ready()

    async def run(self) -> None:
        """Run for ever."""
        while True:
            await asyncio.sleep(INTERVAL_SECONDS)
            self._watch_recovery()
            await self.report()

    async def report(self) -> None:
        """Report once, where this worker is ready; a report that the broker does not take is logged."""
        if self._reading:
            try:
                await self._report()
            except KafkaError as error:  # the next report says it all again; the watchdog has the last word
                logger.warning("no progress report: %r", error)

    def _watch_recovery(self) -> None:
        app = self._app
        restored = self._observations.restored
        if restored != self._restored:  # a long recovery is no stall
            self._restored = restored
            self._health.moved()
        # The end of a recovery is not an event that Faust offers without also offering it too early.
        ready = not app.rebalancing and not app.in_recovery and self._recovered()
        if ready and self._recovering_since is not None:
            self._metrics.recovery.set(monotonic() - self._recovering_since)
            self._recovering_since = None
            self._health.moved()
        self._reading = ready
        self._show_ready()

    def _show_ready(self) -> None:
        ready = self._reading and not self._gone and not self._stopping
        self._health.ready = ready
        self._metrics.ready.set(ready)

    def _recovered(self) -> bool:
        tables = self._app.tables
        return isinstance(tables, TableManager) and tables.recovery.completed.is_set()

    async def _report(self) -> None:
        consumer = consumer_of(self._app)
        assigned = consumer.assignment()
        owned = sorted(tp for tp in assigned if tp.topic == self._topic)
        await self._find_starts(owned)
        # The order matters: what is done and how new it is first, the ends of the log after it.
        done = {tp.partition: self._progress.done[tp.partition] for tp in owned if tp.partition in self._progress.done}
        newest = {p: time for p, time in self._progress.newest.items() if p in done}
        # What others reported counts, too: whoever read the newest article may be gone, and its cuts with it.
        horizon = max(filter(None, (*newest.values(), self._observations.horizon())), default=None)
        ends, observation_ends = await self._ends(assigned)
        same = await self._same_logs()  # asked last: all that the report says is of this log
        if not same:  # only what is true whatever the log is
            done, newest, horizon, ends = {}, {}, None, {}
        pulses = frozenset(self._progress.pulses)
        report = ProgressReport(
            log=self._logs.ids.get(self._topic, ""),
            done=done,
            newest=newest,
            horizon=horizon,
            ends=ends,
            judged=self._observations.judged(),
            pulses=thinned(pulses, self._articles.log_grain),
        )
        value = msgspec.json.encode(report)
        headers = event_headers("progress", f"{self._settings.app_id}-{monotonic()}", time=datetime.now(UTC))
        topic = self._settings.topic(OBSERVATIONS)
        await self._outbox.send(
            Message(topic=topic, key=None, value=value, headers=headers, partition=partition)
            for partition in self._partitions
        )
        self._progress.pulses -= pulses
        if same:
            await self._count_expired()
        consumer.release({TP(self._topic, partition): offset for partition, offset in done.items()})
        passed = await self._transaction_ends.find(consumer, owned, self._progress.done, ends)
        for partition, position in passed.items():
            consumer.pass_over(TP(self._topic, partition), self._progress.done[partition], position)
            self._progress.settled(partition, position - 1, None)
        self._show(assigned, done, ends, observation_ends)

    async def _find_starts(self, owned: list[TP]) -> None:
        unknown = [tp for tp in owned if tp.partition not in self._progress.done]
        if not unknown:
            return
        consumer = consumer_of(self._app)
        earliest = await consumer.beginnings(*unknown)
        for tp in unknown:
            # Below the committed offset all is done; without one, or where that is gone, reading starts at the log's
            # beginning.
            self._progress.start(tp.partition, max(consumer.committed_offsets().get(tp) or 0, earliest.get(tp) or 0))

    async def _same_logs(self) -> bool:
        """Whether the topics are still the logs that they were when the worker started."""
        known = self._logs.ids
        if not known:
            return True
        now = await consumer_of(self._app).log_ids(*known)
        gone = known.keys() - now.keys()
        for topic in sorted(gone - self._gone):
            logger.error("the topic %s was deleted; the worker waits until it is made anew", topic)
        self._gone = set(gone)
        if gone:
            self._health.moved()  # nothing can be done, and nothing is left undone
            return False
        anew = sorted(topic for topic, id_ in now.items() if id_ != known[topic])
        if anew:
            self._fatal.begin_again(f"the topic {' and '.join(anew)} was made anew")
        return not anew

    async def _count_expired(self) -> None:
        """Count what was deleted, by retention or by hand, before it was fetched."""
        consumer = consumer_of(self._app)
        holes = [hole for hole in consumer.take_holes() if hole[0].topic == self._topic]
        earliest = await consumer.beginnings(*{tp for tp, _, _ in holes}) if holes else {}
        for tp, start, end in holes:  # what ends a transaction leaves a hole too
            lost = min(earliest.get(tp) or 0, end) - start
            if lost > 0:
                self._logs.expired(tp, lost)

    async def _ends(self, assigned: set[TP]) -> tuple[dict[int, int], dict[int, int]]:
        """The ends of ``articles``, all partitions or none, and those of the partitions of ``observations`` owned."""
        consumer = consumer_of(self._app)
        every = {TP(self._topic, partition) for partition in await consumer.partitions_of(self._topic)}
        observed = {tp for tp in assigned if tp.topic == self._observations.topic}
        found = await consumer.ends(*sorted(every | observed))
        ends, own = ({tp.partition: found[tp] for tp in tps & found.keys()} for tps in (every, observed))
        return ends if len(ends) == len(every) else {}, own

    def _show(
        self, assigned: set[TP], done: dict[int, int], ends: dict[int, int], observation_ends: dict[int, int]
    ) -> None:
        metrics, health = self._metrics, self._health
        lags = {p: max(ends.get(p, 0) - offset, 0) for p, offset in done.items()}
        metrics.lag.show({(self._topic, str(partition)): lag for partition, lag in lags.items()})
        health.lag = sum(lags.values())
        committed = consumer_of(self._app).committed_offsets()
        metrics.committed.show(
            {
                (self._topic, str(tp.partition)): offset
                for tp, offset in committed.items()
                if tp.topic == self._topic and tp.partition in done
            }
        )
        read = {tp.partition: offset for tp, offset in committed.items() if tp.topic == self._observations.topic}
        metrics.observation_lag.show(
            {
                (str(partition),): max(end - read[partition], 0)
                for partition, end in observation_ends.items()
                if partition in read
            }
        )
        # Observations always have news: the reports themselves.
        behind = [(tp.topic, tp.partition) for tp in assigned if tp.topic == self._observations.topic]
        behind += [(self._topic, partition) for partition, lag in lags.items() if lag]
        health.reached({(tp.topic, tp.partition): offset for tp, offset in committed.items()}, behind)
        metrics.committed_at.set(datetime.now(UTC).timestamp() - health.stalled_for)
        metrics.in_flight.set(self._articles.conveyor.in_flight)
        self._observations.show(metrics)
