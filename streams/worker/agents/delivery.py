"""What follows from a batch of observations, and its way to Kafka: send, then write, then count.

Alerts and chained observations are sent and awaited, then facts are written to the changelog and awaited; only then may
the batch be acknowledged.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import faust
import msgspec

from detectors.engine.outcome import Step
from streams.fact_store.changelog import Record
from streams.fact_store.partition import FactPartition
from streams.fact_store.table import FactTable
from streams.monitoring.metrics import Metrics
from streams.records.dead_letter import DeadLetter
from streams.settings import Settings
from streams.transport.batching import Event, headers_of, time_of
from streams.transport.refused_records import RecordRefusedError
from streams.transport.sender import Message, Outbox
from streams.worker.agents.messages import alert_messages, count_alerts, observation_message, sent_firings
from streams.worker.agents.refusals import Refusals, reason_of

logger = logging.getLogger(__name__)


class Effect(msgspec.Struct):
    """A step of one partition, and what caused it, if it was not a progress report.

    ``event``: the observation; ``arrival``: the arrival time of its article.
    """

    partition: int
    step: Step
    arrival: datetime | None = None
    event: Event | None = None


class Work(msgspec.Struct):
    """The results of a batch, and the partitions that it touched, as held when the batch began."""

    held: dict[int, FactPartition] = {}
    reported: set[int] = set()
    effects: list[Effect] = []
    bad: list[DeadLetter] = []
    refused: list[Message] = []
    handled: int = 0


class Delivery:
    """Sends and writes what follows from batches."""

    def __init__(self, app: faust.App, settings: Settings, table: FactTable, metrics: Metrics) -> None:
        self._app = app
        self._settings = settings
        self._table = table
        self._metrics = metrics
        self._outbox = Outbox(app)
        self._refusals = Refusals(settings, self._outbox)

    async def finish(self, work: Work) -> None:
        """Send, then write, then let the batch be acknowledged."""
        await self._send(work)
        await self._write(work)
        self._count(work)
        self._metrics.observations_handled.inc(work.handled)

    async def _send(self, work: Work) -> None:
        """Send what follows, and the dead letters; an alert that the broker refuses becomes one of these."""
        messages = list(self._alerts(work.effects))
        for message, found in zip(messages, await self._outbox.offer(messages), strict=True):
            if isinstance(found, RecordRefusedError):
                letter = await self._refusals.letter_of(message, found, datetime.now(UTC))
                self._metrics.dead_letters.labels(letter.reason).inc()
                work.bad.append(letter)
                work.refused.append(message)
        await self._refusals.send(work.bad)

    def _alerts(self, effects: Iterable[Effect]) -> Iterator[Message]:
        for effect in effects:
            for firing in effect.step.firings:
                yield from alert_messages(self._settings, firing)
            for observation in effect.step.observations:
                yield observation_message(self._settings, observation, None)

    async def _write(self, work: Work) -> None:
        """Write facts to the changelog; the producer keeps the order of a key put and deleted in the same batch.

        A fact that the broker refuses counts until this worker leaves the partition; its observation becomes a dead
        letter. Progress that it refuses ends the worker: without it, the watermark would be lost.
        """
        changelog = self._table.changelog_topic_name
        effects = [
            (effect, Message(topic=changelog, key=key.encode(), value=value, partition=effect.partition))
            for effect in work.effects
            for key, value in (*effect.step.puts, *((key, None) for key in effect.step.deletes))
        ]
        records = [message for _, message in effects]
        generation = self._app.consumer_generation_id
        records += [
            Message(topic=changelog, key=key, value=value, partition=number)
            for number in sorted(work.reported)
            for key, value in work.held[number].progress_records(generation)
        ]
        written: dict[int, list[tuple[int, Record]]] = {}
        refused: list[DeadLetter] = []
        for position, (record, found) in enumerate(zip(records, await self._outbox.offer(records), strict=True)):
            if not isinstance(found, RecordRefusedError):
                written.setdefault(found.partition, []).append((found.offset, (record.key or b"", record.value)))
            elif position < len(effects):
                refused.append(await self._unwritten(*effects[position], found))
            else:
                raise await self._refusals.explained(found)
        await self._refusals.send(refused)
        for number, stored in written.items():
            work.held[number].wrote(stored)  # as held when the batch began, never one from a later takeover
        for number in {effect.partition for effect in work.effects} | work.reported:
            held = work.held[number]  # everything that fired at this watermark is now acknowledged
            held.settled_watermark = held.progress.watermark
            held.settled_layers = held.state.judged

    async def _unwritten(self, effect: Effect, message: Message, error: RecordRefusedError) -> DeadLetter:
        if effect.event is not None:
            return self.letter(effect.event, reason_of(error), await self._refusals.explained(error))
        letter = await self._refusals.letter_of(message, error, datetime.now(UTC))
        self._metrics.dead_letters.labels(letter.reason).inc()
        return letter

    def _count(self, work: Work) -> None:
        for effect in work.effects:
            sent = sent_firings(self._settings, effect.step.firings, work.refused)
            count_alerts(self._metrics, sent, effect.arrival)
            for observation in effect.step.observations:
                self._metrics.observations.labels(observation.rule).inc()
            self._metrics.count_limits(effect.step.limits)
            for limit in effect.step.limits:
                if limit.what == "failed":
                    logger.error("rule %s failed to judge a moment of a group: %s", limit.rule, limit.reason)

    def letter(self, event: Event, reason: str, error: Exception) -> DeadLetter:
        """The dead letter of an observation, counted."""
        message = event.message
        self._metrics.dead_letters.labels(reason).inc()
        return DeadLetter(
            reason=reason,
            message=str(error),
            error=type(error).__qualname__,
            stage="detect",
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            timestamp=time_of(event),
            key=message.key,
            value=message.value,
            headers=headers_of(event),
        )
