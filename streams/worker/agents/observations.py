"""The second agent: turns observations into facts and alerts, and advances the watermark from progress reports.

For each batch it sends the alerts and awaits them, writes the facts to the changelog and awaits them, then settles the
batch. A failure in between ends the process. The next owner starts from the changelog and sends the same alerts again,
with the same ids and revisions.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

import faust
from faust.streams import Stream
from faust.types import TP

from detectors.engine.matching import Engine
from detectors.engine.outcome import Step
from detectors.model.event_time import AHEAD, LATEST
from detectors.timeline.watermark import ProgressReport
from detectors.user_error import UserError
from streams.fact_store.partition import FactPartition
from streams.fact_store.table import FactTable
from streams.hot_reload.rules_in_force import RulesInForce
from streams.kafka.topics import OBSERVATIONS
from streams.monitoring.metrics import BAD_OBSERVATION, Metrics
from streams.records.cloudevents import Headers
from streams.records.observation import Observed, decode, reporter, times_of
from streams.settings import Settings
from streams.transport.batching import Conveyor, Event, appended_at, headers_of
from streams.worker.agents.awaited_rules import AwaitedRules
from streams.worker.agents.delivery import Delivery, Effect, Work
from streams.worker.shutdown import Fatal

logger = logging.getLogger(__name__)

MAX_BATCH = 256
#: How many other apps with reports in ``observations`` the log names.
MOST_STRANGERS = 10


class ObservationsExpandedError(UserError):
    """``observations`` gained partitions: keys now hash to partitions that do not hold their facts."""

    def __init__(self, topic: str, partitions: int) -> None:
        super().__init__(f"{topic} was expanded while the worker ran; expected {partitions} partitions, as before")


class ObservationAgent:
    """Reads ``observations`` and holds the facts of the partitions that this worker owns."""

    def __init__(
        self,
        app: faust.App,
        settings: Settings,
        table: FactTable,
        in_force: RulesInForce,
        metrics: Metrics,
        fatal: Fatal,
        *,
        partitions: int,
    ) -> None:
        self._settings = settings
        self._table = table
        self._in_force = in_force
        self._metrics = metrics
        self._fatal = fatal
        self._delivery = Delivery(app, settings, table, metrics)
        self.partitions = partitions
        self._strangers: set[str] = set()
        self._awaited = AwaitedRules(settings, in_force)
        self._one_at_a_time = asyncio.Lock()
        self._broken = False
        self._failed = ""
        self.conveyor = Conveyor(app, self._handle, max_batch=MAX_BATCH, max_in_flight=settings.in_flight_articles)

    async def run(self, stream: Stream[bytes]) -> None:
        """The agent's body. An error ends the process; nothing in the batch is acknowledged."""
        try:
            await self.conveyor.run(stream)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self._fatal(error)
            raise

    def exchange_rules(self, engine: Engine) -> None:
        """Switch to another rule set; rules whose state id is unchanged keep their facts."""
        self._table.store.exchange_rules(engine)

    @property
    def topic(self) -> str:
        """The topic that this agent reads."""
        return self._settings.topic(OBSERVATIONS)

    @property
    def restored(self) -> int:
        """Number of changelog records restored since the process started."""
        return self._table.store.restored

    def judged(self) -> dict[int, dict[int, datetime]]:
        """The time up to which each layer of chained rules has been judged, by layer and owned partition."""
        found: dict[int, dict[int, datetime]] = {}
        for number, held in self._table.store.partitions.items():
            for layer, time in held.settled_layers.items():
                if layer < self._in_force.engine.depths - 1:
                    found.setdefault(layer, {})[number] = time
        return found

    def horizon(self) -> datetime | None:
        """The newest event time reported to the owned partitions."""
        horizons = (held.progress.horizon for held in self._table.store.partitions.values())
        return max((time for time in horizons if time is not None), default=None)

    def assigned(self, assigned: set[TP]) -> None:
        """Take over the assigned partitions; a partition added since the start ends the process."""
        if any(tp.topic == self.topic and tp.partition >= self.partitions for tp in assigned):
            self._fatal(ObservationsExpandedError(self.topic, self.partitions))

    def show(self) -> None:
        """Set the gauges of the owned partitions."""
        held = {(str(number),): partition for number, partition in self._table.store.partitions.items()}
        self._metrics.facts.show({labels: len(partition) for labels, partition in held.items()})
        watermarks = {labels: partition.settled_watermark for labels, partition in held.items()}
        self._metrics.watermark.show(
            {labels: time.timestamp() for labels, time in watermarks.items() if time is not None}
        )

    async def tick(self, report: ProgressReport) -> None:
        """Let event time pass in the owned partitions although nothing is sent; an error ends the process.

        The report says nothing about what is done: what is known of that came through the partition itself, behind the
        observations that it covers. A cut and the newest event time are true wherever they arrive.
        """
        if self._broken or self._one_at_a_time.locked():  # records are being handled; the next tick comes in a second
            return
        async with self._turn():
            work = Work()
            for number, partition in self._table.store.partitions.items():
                work.held[number] = partition
                try:
                    for step in self._report(report, partition):
                        work.effects.append(Effect(number, step))
                except Exception as error:  # noqa: BLE001 - one partition that fails must not stop all others
                    self._tick_failed(number, error)
            # The progress is larger than all else; without it, event time begins a little earlier after a restart.
            work.reported = {effect.partition for effect in work.effects if effect.step.sends}
            try:
                await self._delivery.finish(work)
            except asyncio.CancelledError:
                raise
            except BaseException as error:
                self._fatal(error)
                raise

    def _tick_failed(self, number: int, error: Exception) -> None:
        said = f"{self.topic}, partition {number}: event time cannot pass: {type(error).__qualname__}: {error}"
        if said != self._failed:
            logger.error("%s", said, exc_info=error)
            self._failed = said

    async def _handle(self, batch: Sequence[Event]) -> None:
        async with self._turn():
            await self._handle_alone(batch)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """One batch or tick at a time, and none after one that failed.

        What a failed batch has done in memory was neither sent nor written. If the next one wrote progress that covers
        it, its observations would be replays when they are read again, and their alerts would never be sent.
        """
        async with self._one_at_a_time:
            if self._broken:
                raise RuntimeError("an earlier batch of this worker failed")
            try:
                yield
            except BaseException:
                self._broken = True
                raise

    async def _handle_alone(self, batch: Sequence[Event]) -> None:
        work = Work()
        for event in batch:
            headers = headers_of(event)
            try:
                record = decode(event.message.value, headers)
            except Exception as error:  # noqa: BLE001 - a bad record affects only itself
                work.bad.append(self._delivery.letter(event, BAD_OBSERVATION, error))
                continue
            if isinstance(record, ProgressReport) and not self._is_own(headers):
                continue
            appended = min(appended_at(event, datetime.now(UTC)), LATEST)
            if any(time > appended + AHEAD for time in times_of(record)):
                self._metrics.times_ahead.labels("observations").inc()
                if isinstance(record, Observed):  # an earlier version made it; no such article can be there
                    continue
                record = record.until(appended + AHEAD)
            wanted = partial(self.conveyor.is_current, event)
            if isinstance(record, Observed) and not await self._awaited.have_rule(record.observation, wanted):
                continue
            if not wanted():  # the partition has moved: a new, empty one would lead to wrong alerts
                continue
            partition = work.held.setdefault(
                event.message.partition, self._table.store.partition(event.message.partition)
            )
            try:
                self._apply(record, appended, partition, event, work)
            except Exception as error:  # noqa: BLE001 - a bad record affects only itself; the state is unchanged
                work.bad.append(self._delivery.letter(event, "processing_failed", error))
        await self._delivery.finish(work)

    def _is_own(self, headers: Headers) -> bool:
        """Whether a progress report is from a worker of this app; what others have done is not done here."""
        app_id = reporter(headers)
        if app_id != self._settings.app_id and app_id not in self._strangers and len(self._strangers) < MOST_STRANGERS:
            self._strangers.add(app_id)
            logger.warning("%s has progress reports of the app_id %r; they are ignored", self.topic, app_id)
        return app_id == self._settings.app_id

    def _apply(
        self, record: ProgressReport | Observed, appended: datetime, partition: FactPartition, event: Event, work: Work
    ) -> None:
        number = event.message.partition
        if isinstance(record, Observed):
            work.effects.append(Effect(number, *self._observe(record, partition), event))
            work.handled += 1
        else:
            known = partition.progress.knows(record)
            # One by one: a failing step must not discard earlier ones.
            for step in self._report(record, partition, appended):
                work.effects.append(Effect(number, step))
                known = known and not step.sends
            if not known:
                work.reported.add(number)

    def _observe(self, seen: Observed, partition: FactPartition) -> tuple[Step, datetime | None]:
        """Return the step that an observation causes, and the arrival time of its article."""
        origin = seen.origin
        if origin is None:
            return partition.state.observe(seen.observation, replay=False), None
        replay = partition.progress.is_replay(origin.partition, origin.offset, origin.log)
        return partition.state.observe(seen.observation, replay=replay), origin.arrival

    def _report(
        self, report: ProgressReport, partition: FactPartition, appended: datetime | None = None
    ) -> Iterator[Step]:
        """Yield the steps that a progress report causes, in order; ``appended``: None if it was not sent."""
        watermark = partition.progress.merge(report, datetime.now(UTC), appended)
        if report.pulses:  # before the watermark, which may pass the articles they come from
            yield partition.state.pulse(report.pulses)
        if watermark is not None:
            yield partition.state.advance(watermark)
        for depth in range(1, self._in_force.engine.depths):
            below = partition.progress.judged(depth - 1, self.partitions)
            if below is not None:
                yield partition.state.advance(below, depth=depth)
