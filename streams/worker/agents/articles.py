"""The first agent: turns articles into enriched articles, observations, alerts and dead letters."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice

import faust
import msgspec
from faust.streams import Stream

from detectors.model.article import EnrichedArticle
from streams.kafka.topics import ARTICLES, ENRICHED
from streams.monitoring.metrics import Metrics
from streams.pipeline.enrich import Record, dead_letter
from streams.pipeline.pipeline import Outcome, Pipeline
from streams.records.article import BadArticleError
from streams.records.cloudevents import headers as event_headers
from streams.records.dead_letter import DeadLetter
from streams.records.observation import Origin
from streams.settings import Settings
from streams.transport.batching import Event, TwoStageConveyor, appended_at, headers_of, time_of
from streams.transport.record_batches import Undecodable
from streams.transport.refused_records import RecordRefusedError
from streams.transport.sender import Message, Outbox
from streams.worker.agents.article_progress import ArticleProgress
from streams.worker.agents.messages import (
    alert_messages,
    count_alerts,
    dead_letter_message,
    observation_message,
    sent_firings,
)
from streams.worker.agents.refusals import Refusals, reason_of
from streams.worker.shutdown import Fatal

Prepared = list[tuple[Outcome, list[Message]]]
"""The outcomes of a batch, each with the messages to send for it."""


class ArticleAgent:
    """Reads ``articles``; settles a batch when everything derived from it is acknowledged."""

    def __init__(
        self,
        app: faust.App,
        settings: Settings,
        pipeline: Pipeline,
        metrics: Metrics,
        fatal: Fatal,
        *,
        log: str,
    ) -> None:
        self.settings = settings
        self.progress = ArticleProgress()
        self._log = log
        self._pipeline = pipeline
        self._metrics = metrics
        self._fatal = fatal
        self._outbox = Outbox(app)
        self._refusals = Refusals(settings, self._outbox)
        # One thread: spaCy and the rules run off the event loop, which keeps sending Kafka's heartbeats.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="extraction")
        self._times: dict[tuple[int, int], datetime] = {}
        self.conveyor = TwoStageConveyor(
            app,
            self._prepare,
            self._deliver,
            max_batch=settings.batch_articles,
            max_in_flight=settings.in_flight_articles,
            on_settled=self._settled,
        )

    async def run(self, stream: Stream[bytes]) -> None:
        """The agent's body. An error ends the process; nothing in the batch is acknowledged."""
        try:
            await self.conveyor.run(stream)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self._fatal(error)
            raise

    @property
    def topic(self) -> str:
        """The topic that this agent reads."""
        return self.settings.topic(ARTICLES)

    def show(self) -> None:
        """Set the gauge of articles in flight."""
        self._metrics.in_flight.set(self.conveyor.in_flight)

    @property
    def log_grain(self) -> timedelta | None:
        """The time resolution at which the rules in force check the log for silence; None if no rule does."""
        return self._pipeline.engine.log_grain

    async def _prepare(self, batch: Sequence[Event]) -> Prepared:
        self.show()
        records = [self._record(event) for event in batch]
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._process, records)

    def _process(self, records: Sequence[Record]) -> Prepared:
        """Return the outcomes and their messages; a record whose messages cannot be built becomes a dead letter."""
        prepared: Prepared = []
        for processed in self._pipeline.process(records):
            outcome = processed
            try:
                sent = list(self._messages(outcome))
            except Exception as error:  # noqa: BLE001 - a bad record affects only itself
                letter = dead_letter(outcome.record, "send", "processing_failed", error)
                outcome = Outcome(record=outcome.record, dead=letter, seconds=outcome.seconds)
                sent = [dead_letter_message(self.settings, letter)]
            prepared.append((outcome, sent))
        return prepared

    def _record(self, event: Event) -> Record:
        message = event.message
        refused, left_out = None, 0
        if isinstance(message.value, Undecodable):
            refused, left_out = BadArticleError("undecodable", message.value.reason), message.value.size
        appended = appended_at(event, datetime.now(UTC))
        if appended != time_of(event):
            self._metrics.times_ahead.labels("record").inc()
        return Record(
            value=None if refused else message.value,
            key=message.key,
            headers=headers_of(event),
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            timestamp=appended,
            refused=refused,
            left_out=left_out,
        )

    async def _deliver(self, prepared: Prepared) -> None:
        found = iter(await self._outbox.offer(message for _, messages in prepared for message in messages))
        outcomes: list[Outcome] = []
        letters: list[DeadLetter] = []
        refused: list[Message] = []
        for processed, messages in prepared:
            outcome = processed
            errors: list[RecordRefusedError] = []
            for message, one in zip(messages, islice(found, len(messages)), strict=True):
                if isinstance(one, RecordRefusedError):
                    refused.append(message)
                    errors.append(one)
            if errors:  # the article is at fault, whatever else of it was sent
                outcome = await self._refused(outcome, errors[0])
                letters += [outcome.dead] if outcome.dead is not None else []
            outcomes.append(outcome)
        await self._refusals.send(letters)
        self._count(outcomes, refused)
        for outcome in outcomes:
            if outcome.article is not None:
                self._times[outcome.record.partition, outcome.record.offset] = outcome.article.event_time
            if outcome.pulse is not None:
                self.progress.pulses.add(outcome.pulse)

    async def _refused(self, outcome: Outcome, error: RecordRefusedError) -> Outcome:
        if outcome.dead is not None:
            return outcome
        why = await self._refusals.explained(error)
        letter = dead_letter(outcome.record, "send", reason_of(error), why)
        return msgspec.structs.replace(outcome, dead=letter)

    def _settled(self, events: Sequence[Event]) -> None:
        for event in events:
            position = (event.message.partition, event.message.offset)
            self.progress.settled(*position, self._times.get(position))
        self._times.clear()
        self.show()

    def _messages(self, outcome: Outcome) -> Iterator[Message]:
        if outcome.dead is not None:
            yield dead_letter_message(self.settings, outcome.dead)
        article = outcome.article
        if article is None:
            return
        yield Message(
            topic=self.settings.topic(ENRICHED),
            key=article.id.encode("utf-8", "replace"),
            value=outcome.enriched,
            headers=event_headers("enriched-article", article.id, time=article.event_time, subject=article.source),
        )
        record = outcome.record
        origin = Origin(record.partition, record.offset, _arrival(record, article), self._log)
        for observation in outcome.observations:
            yield observation_message(self.settings, observation, origin)
        for firing in outcome.firings:
            yield from alert_messages(self.settings, firing)

    def _count(self, outcomes: Sequence[Outcome], refused: Sequence[Message]) -> None:
        metrics = self._metrics
        metrics.batch.observe(len(outcomes))
        for name, number in self._pipeline.take_ahead().items():
            metrics.times_ahead.labels(name).inc(number)
        metrics.unreadable_dates.inc(self._pipeline.take_unreadable_dates())
        for outcome in outcomes:
            metrics.extraction.observe(outcome.seconds)
            if outcome.dead is not None:
                metrics.articles.labels("dead").inc()
                metrics.dead_letters.labels(outcome.dead.reason).inc()
            elif outcome.article is not None:
                metrics.count_article(outcome.article)
                for observation in outcome.observations:
                    metrics.observations.labels(observation.rule).inc()
                metrics.count_limits(outcome.limits)
            if outcome.article is not None:  # alerts of an article that is a dead letter for another record were sent
                sent = sent_firings(self.settings, outcome.firings, refused)
                count_alerts(metrics, sent, _arrival(outcome.record, outcome.article))


def _arrival(record: Record, article: EnrichedArticle) -> datetime:
    """When an article arrived on this topic; a replayed archive carries a ``received_at`` from long ago."""
    return max(record.timestamp, article.received_at)
