"""Faust's Kafka transport, corrected: what is read, what may be committed, and an idempotent producer.

Faust (0.15.3) acknowledges messages that it skips while partitions move, and can commit past a message in flight
(faust-streaming #606). Here only :meth:`Consumer.settle` acknowledges a message, and :mod:`streams.transport.commits`
decides what may be committed. Pinned by tests/unit/streams/transport/test_consumer.py.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, Message
from mode.services import WaitResults

from streams.transport.commits import Commits
from streams.transport.eager_coroutines import begin
from streams.transport.group_membership import GroupListener
from streams.transport.optional_topics import OptionalTopics
from streams.transport.start_offsets import Logs, PositionedThread, while_there

#: How long a fetch waits for new records (Kafka's fetch.max.wait.ms).
FETCH_WAIT_MS = 100


class ConsumerThread(PositionedThread):
    """Fetches without long waits: a pending fetch delays partitions that get new records meanwhile."""

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        consumer: AIOKafkaConsumer = super()._create_worker_consumer(transport)
        # Faust sets 1500 ms and has no setting for it; aiokafka reads the attribute when the consumer starts.
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001
        # Records of aborted transactions are not articles; Faust skips them only under exactly_once.
        if isinstance(transport, Transport) and transport.transactions:
            consumer._isolation_level = "read_committed"  # noqa: SLF001
        return consumer


class RebalanceListener(driver.ConsumerRebalanceListener, GroupListener):
    """Faust's listener, which passes refusals of the group's coordinator on to the transport."""

    def refused(self, error: BaseException) -> None:
        """Pass on why the coordinator refuses this worker for good."""
        transport = self._thread.transport
        if isinstance(transport, Transport):
            transport.watch.refused(error)


class Watch:
    """What the worker wants to know of its consumer; does nothing by itself."""

    def refused(self, error: BaseException) -> None:
        """The group's coordinator refuses this worker for good; called on the consumer's thread, maybe repeatedly."""

    def commit_failed(self) -> None:
        """The brokers did not take a commit: mostly because partitions have moved."""

    async def before_revocation(self) -> None:
        """Partitions are about to move, and may still be committed; the group waits for this."""


class Consumer(driver.Consumer):
    """Commits only settled messages, in order, and for reported topics only released ones."""

    transport: Transport
    RebalanceListener = RebalanceListener

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.commits: Commits[TP] = Commits(
            lambda: self.app.consumer_generation_id, lambda tp: tp.topic in self.transport.reported
        )
        self._seeks = 0

    def _new_consumer_thread(self) -> ConsumerThread:
        thread = ConsumerThread(self, loop=self.loop, beacon=self.beacon)
        thread.logs = self.transport.logs
        return thread

    async def perform_seek(self) -> None:
        """Go back to the committed offsets; for a partition without one, to the log's beginning.

        Faust leaves the latter where it is, beyond messages that it fetched and discarded. It also takes commits that
        the broker rejected while partitions moved for committed: only the broker's current offsets count here.
        """
        self._seeks += 1
        found = await self.seek_to_committed()
        self._read_offset.update(found)
        self._committed_offset.update({tp: offset or None for tp, offset in found.items()})
        fresh = [tp for tp, offset in found.items() if not offset and not self._is_changelog_tp(tp)]
        if fresh:
            starts = await self.earliest_offsets(*fresh)
            places = {tp: starts.get(tp) or 0 for tp in fresh}
            await self.seek_wait(places)
            found = {**found, **places}
        for tp, offset in found.items():
            if offset is not None and not self._is_changelog_tp(tp):
                self.commits.begin(tp, offset)
        self._seeks += 1

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:
        """The fetched messages, unless a seek happens meanwhile.

        Faust would continue with messages fetched before the seek, take the offsets in between for a hole in the log,
        and skip the messages that the seek was meant to read.
        """
        seeks = self._seeks
        async for tp, message in super().getmany(timeout):
            if self._seeks != seeks:
                break
            yield tp, message
        else:
            return
        await self.perform_seek()

    async def wait_first(self, *coros: Any, timeout: Any = None) -> WaitResults:
        """Wait for the first of these to finish; returns at once if the first one need not wait.

        Faust hands over every record this way, with four tasks, although nearly every record only goes onto a queue.
        """
        first, *others = coros
        if not others or not asyncio.iscoroutine(first):
            return await super().wait_first(*coros, timeout=timeout)
        try:
            begun = begin(first)
        except BaseException:
            _close(others)
            raise
        if begun.rest is not None:
            return await super().wait_first(begun.rest, *others, timeout=timeout)
        _close(others)
        return WaitResults([first], [begun.result], stopped=False)

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Mapping[TP, Any]:
        """Fetch, and remember how far: records can wait for their agent behind those of other partitions."""
        fetched: Mapping[TP, Any] = await super()._getmany(active_partitions, timeout)
        for tp, records in fetched.items():
            if records:
                self.commits.fetch(TP(*tp), records[0].offset, records[-1].offset)
        return fetched

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Let commits pass skipped offsets, up to but not including ``offset_to``, which has a record."""
        self.commits.skip(tp, offset_from, offset_to)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Let the worker commit what it has done, then forget the settled offsets of partitions that move away."""
        if revoked and self._is_member():
            await self.transport.watch.before_revocation()
        self.commits.revoke(revoked)
        await super().on_partitions_revoked(revoked)

    def _is_member(self) -> bool:
        """Whether the broker still knows this worker: Kafka takes commits of former members if the group is empty."""
        generation: int = self._thread._ensure_consumer()._coordinator.generation  # noqa: SLF001
        return generation == self.app.consumer_generation_id

    def fetched_to(self, tp: TP) -> int:
        """The offset after the newest record fetched from a partition since the last rebalance, 0 if there is none."""
        return self.commits.fetched_to(tp)

    def take_holes(self) -> list[tuple[TP, int, int]]:
        """The ranges that fetching skipped since the last call: partition, first offset, and the one after the last."""
        return self.commits.take_holes()

    def taken(self, message: Message) -> None:
        """Record that an agent has a message: its offset is in flight until it is settled.

        Tracked by offset: Faust may discard a message and fetch it again, and settling one copy settles both.
        """
        self.commits.taken(message.tp, message.offset, message.generation_id)

    def ack(self, message: Message) -> bool:
        """Do nothing: Faust calls this for messages that it skipped and nobody processed."""
        del message
        return False

    def settle(self, message: Message) -> bool:
        """Mark a message as done: the broker has acknowledged everything derived from it.

        Messages fetched before the last rebalance are ignored: their current owner reads them again. A message that was
        settled while partitions moved, and is read again, counts as settled both times.
        """
        settled = self.commits.settle(message.tp, message.offset, message.generation_id)
        if settled:
            self._n_acked += 1  # Faust commits early at a number of these
        return settled

    def pass_over(self, tp: TP, start: int, end: int) -> None:
        """Let commits pass offsets without records, from ``start`` up to but not including ``end``.

        Faust does so once a record follows them; at the end of a log, the lag would remain until then.
        """
        self.commits.pass_over(tp, start, end)

    async def partitions_of(self, topic: str) -> set[int]:
        """The current partitions of a topic, whoever owns them; empty if the broker does not answer.

        Refreshes the metadata, which may lag behind a new partition by up to METADATA_SECONDS.
        """
        found: set[int] = await self._thread.call_thread(self._fresh_partitions_of, topic)
        return found

    async def _fresh_partitions_of(self, topic: str) -> set[int]:
        consumer = self._thread._ensure_consumer()  # noqa: SLF001
        if not await consumer._client.force_metadata_update():  # noqa: SLF001 - it has no public way
            return set()
        return set(consumer.partitions_for_topic(topic) or ())

    async def beginnings(self, *partitions: TP) -> Mapping[TP, int]:
        """The first offset of each partition; Faust's ``earliest_offsets`` would wait for a deleted topic.

        Raises:
            UnknownTopicOrPartitionError: a topic was deleted.
        """
        found: Mapping[TP, int] = await self._thread.call_thread(self._offsets, "beginning_offsets", partitions)
        return found

    async def ends(self, *partitions: TP) -> Mapping[TP, int]:
        """The offset after the last of each partition; Faust's ``highwaters`` would wait for a deleted topic.

        Raises:
            UnknownTopicOrPartitionError: a topic was deleted.
        """
        found: Mapping[TP, int] = await self._thread.call_thread(self._offsets, "end_offsets", partitions)
        return found

    async def stable(self, *partitions: TP) -> Mapping[TP, tuple[int, int]]:
        """Per partition, as of the last fetch: the last stable offset and the end of the log.

        They differ while a transaction is open. Empty without transactions, and for partitions not fetched yet.
        """
        if not self.transport.transactions:
            return {}
        found: Mapping[TP, tuple[int, int]] = await self._thread.call_thread(self._stable, partitions)
        return found

    async def _stable(self, partitions: Collection[TP]) -> Mapping[TP, tuple[int, int]]:
        consumer, found = self._thread._ensure_consumer(), {}  # noqa: SLF001
        assigned = consumer.assignment()
        for tp in partitions:
            if tp in assigned:
                stable, end = consumer.last_stable_offset(tp), consumer.highwater(tp)
                if stable is not None and end is not None and stable >= 0:
                    found[tp] = (stable, end)
        return found

    async def _offsets(self, which: str, partitions: Collection[TP]) -> Mapping[TP, int]:
        consumer = self._thread._ensure_consumer()  # noqa: SLF001
        return await while_there(consumer, partitions, getattr(consumer, which)(partitions))

    def release(self, done: Mapping[TP, int]) -> None:
        """Allow commits up to these offsets: the broker has acknowledged a progress report that covers them.

        The permission ends when partitions move.
        """
        self.commits.release(done)

    def committed_offsets(self) -> dict[TP, int]:
        """The offsets that this consumer has committed, or found committed when it took over a partition."""
        return {tp: offset for tp, offset in self._committed_offset.items() if offset is not None}

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        done = await super()._commit(offsets)
        if not done:
            self.transport.watch.commit_failed()
        return done

    def _filter_tps_with_pending_acks(self, topics: Collection[TP | str] | None = None) -> Iterator[TP]:
        return (tp for tp in self.commits.pending() if topics is None or tp in topics or tp.topic in topics)

    def _new_offset(self, tp: TP) -> int | None:
        return self.commits.next_commit(tp, self._committed_offset[tp])


def _close(unused: Iterable[Any]) -> None:
    for one in unused:
        if asyncio.iscoroutine(one):
            one.close()


class Producer(driver.Producer):
    """Waits for all replicas and never writes a batch twice; Faust itself does so only under exactly_once."""

    idempotent = True

    transport: Transport

    def _new_producer(self, transactional_id: str | None = None) -> AIOKafkaProducer:
        """A producer that waits for lost brokers however long it takes.

        aiokafka drops a batch that waited ``request_timeout_ms`` for a leader. Its sequence numbers are then missing,
        and the broker refuses everything that follows.
        """
        producer = super()._new_producer(transactional_id)
        if self.idempotent:
            producer._message_accumulator._batch_ttl = math.inf  # noqa: SLF001
        return producer

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        headers: Any,
        *,
        transactional_id: str | None = None,
    ) -> Any:
        """Schedule a record; one for a topic that may be gone is left out if it is."""
        send = partial(
            super().send, topic, key, value, partition, timestamp, headers, transactional_id=transactional_id
        )
        optional = self.transport.optional
        if not optional.covers(topic):
            return await send()
        return await optional.send(self._ensure_producer(), topic, send)

    def _settings_extra(self) -> Mapping[str, Any]:
        return {**super()._settings_extra(), "acks": "all", "enable_idempotence": self.idempotent}


class PlainProducer(Producer):
    """For the embedded broker, which gives aiokafka no producer ids."""

    idempotent = False


class Transport(driver.Transport):
    """The transport that the worker runs on.

    ``reported``: topics whose commits wait for :meth:`Consumer.release`; ``logs``: the logs that are read; ``watch``:
    hears of what happens to the consumer; ``optional``: the topics that may be gone.
    """

    Consumer = Consumer
    Producer = Producer
    transactions = True
    reported: frozenset[str] = frozenset()
    logs = Logs()
    watch = Watch()
    optional = OptionalTopics()


class PlainTransport(Transport):
    """The transport without idempotence and transactions."""

    Producer = PlainProducer
    transactions = False


def consumer_of(app: faust.App) -> Consumer:
    """The app's consumer.

    Raises:
        TypeError: the app uses another transport.
    """
    consumer = app.consumer
    if not isinstance(consumer, Consumer):
        raise TypeError("the app must use the transport of streams.transport.consumer")
    return consumer


def watch(app: faust.App, watcher: Watch) -> None:
    """Let ``watcher`` hear of what happens to the app's consumer."""
    if not isinstance(app.transport, Transport):
        raise TypeError("the app must use the transport of streams.transport.consumer")
    app.transport.watch = watcher


def install(
    app: faust.App,
    *,
    idempotent: bool = True,
    reported: Collection[str] = (),
    logs: Logs | None = None,
    optional: OptionalTopics | None = None,
) -> None:
    """Make ``app`` use this transport for reading and writing.

    Args:
        idempotent: whether the broker supports idempotent producers and transactions.
        reported: topics whose commits wait for :meth:`Consumer.release`.
        logs: the logs that are read.
        optional: the topics that may be gone.
    """
    kind = Transport if idempotent else PlainTransport
    app.transport = kind(app.conf.broker_consumer, app)
    app.transport.reported = frozenset(reported)
    app.transport.logs = logs or Logs()
    app.transport.optional = optional or OptionalTopics()  # Faust makes the producer by this transport too
    app.producer_transport = kind(app.conf.broker_producer, app)
