"""Faust's Kafka transport with two things put right: what may be committed, and an idempotent producer.

Faust (0.15.3) acknowledges on its own what it skips while partitions move, and can commit past a message that is
in flight (faust-streaming #606). Here nothing counts as acknowledged but what :meth:`Consumer.settle` was called
with, and no commit passes the lowest message in flight. Pinned by tests/unit/streams/test_transport.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, Message
from faust.types.transports import ConsumerT

#: A fetch waits so long for news (Kafka's fetch.max.wait.ms).
FETCH_WAIT_MS = 100


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """Fetches without long waits: a fetch that is under way holds up partitions that have news meanwhile."""

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        consumer: AIOKafkaConsumer = super()._create_worker_consumer(transport)
        # Faust sets 1500 ms and has no setting for it; aiokafka reads the attribute when the consumer starts.
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001
        return consumer


class Consumer(driver.Consumer):
    """Commits only what was settled, in order."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._in_flight: dict[TP, tuple[int, set[int]]] = {}
        self._seeks = 0

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def perform_seek(self) -> None:
        """Go back to the committed offsets; where nothing is committed yet, to the log's beginning.

        Faust leaves the latter where they are, beyond what it fetched before and has thrown away.
        """
        self._seeks += 1
        await super().perform_seek()
        streams = (tp for tp in self.assignment() if not self._is_changelog_tp(tp))
        fresh = [tp for tp in streams if not self._committed_offset.get(tp)]
        if fresh:
            starts = await self.earliest_offsets(*fresh)
            await self.seek_wait({tp: starts.get(tp) or 0 for tp in fresh})
        self._seeks += 1

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:
        """What was fetched, unless somebody sought meanwhile.

        Faust would go on with what was fetched before the seek, take the offsets between for a hole in the log, and
        leave out what the seek was for.
        """
        seeks = self._seeks
        async for tp, message in super().getmany(timeout):
            if self._seeks != seeks:
                break
            yield tp, message
        else:
            return
        await self.perform_seek()

    def track_message(self, message: Message) -> None:
        """Called for each message before an agent gets it: from now on its offset is in flight.

        Kept by offset: Faust may throw a message away and fetch it again, and a settled copy settles both. One that is
        thrown away for good holds the commit back for ever, which is seen, and never lost.
        """
        super().track_message(message)
        if message.generation_id == self.app.consumer_generation_id:
            self._flying(message.tp).add(message.offset)

    def ack(self, message: Message) -> bool:
        """Ignored: Faust calls it for messages that it skipped and nobody processed."""
        del message
        return False

    def settle(self, message: Message) -> bool:
        """Mark a message as done: all that follows from it is acknowledged by the broker.

        Messages fetched before the last rebalance are read again by whoever owns them now, and are ignored here. One
        that was settled while the partitions were moving, and is read again, counts as settled both times.
        """
        if message.generation_id != self.app.consumer_generation_id:
            return False
        self._flying(message.tp).discard(message.offset)
        super().ack(message)
        return True

    def partitions_of(self, topic: str) -> set[int]:
        """The partitions of a topic, whoever owns them. Faust's own answer is 0 but for the leader of the group."""
        return set(self._thread._ensure_consumer().partitions_for_topic(topic) or ())  # noqa: SLF001

    def lowest_in_flight(self, tp: TP) -> int | None:
        """The lowest offset of a partition that an agent was given and that is not settled, None where all are."""
        return min(list(self._flying(tp)), default=None)

    def _flying(self, tp: TP) -> set[int]:
        """The offsets in flight of a partition, of this generation of the group: others are read again."""
        generation = self.app.consumer_generation_id
        known = self._in_flight.get(tp)
        if known is None or known[0] != generation:
            known = self._in_flight[tp] = (generation, set())
        return known[1]

    def _new_offset(self, tp: TP) -> int | None:
        barrier = self.lowest_in_flight(tp)
        if barrier is None:
            offset: int | None = super()._new_offset(tp)
            return offset
        acked = self._acked[tp]
        beyond = [offset for offset in acked if offset > barrier]
        acked[:] = [offset for offset in acked if offset < barrier]
        offset = super()._new_offset(tp)
        self._acked[tp].extend(beyond)
        return None if offset is None else min(offset, barrier)


class Producer(driver.Producer):
    """Waits for all replicas and never writes a batch twice; Faust itself offers that under exactly_once only."""

    idempotent = True

    def _settings_extra(self) -> Mapping[str, Any]:
        return {**super()._settings_extra(), "acks": "all", "enable_idempotence": self.idempotent}


class PlainProducer(Producer):
    """For the embedded broker, which hands out no producer ids to aiokafka."""

    idempotent = False


class Transport(driver.Transport):
    """The transport that the worker runs on."""

    Consumer = Consumer
    Producer = Producer


class PlainTransport(Transport):
    """The transport without idempotence."""

    Producer = PlainProducer


def lowest_in_flight(consumer: ConsumerT, tp: TP) -> int | None:
    """The lowest offset of a partition that is taken and not settled, None where all are."""
    if not isinstance(consumer, Consumer):
        raise TypeError("the app must run on streams.transport")
    return consumer.lowest_in_flight(tp)


def partitions_of(consumer: ConsumerT, topic: str) -> set[int]:
    """The partitions of a topic, whoever owns them."""
    if not isinstance(consumer, Consumer):
        raise TypeError("the app must run on streams.transport")
    return consumer.partitions_of(topic)


def committed_offsets(consumer: ConsumerT) -> dict[TP, int]:
    """The offsets that this consumer has committed, or found committed when it took a partition over."""
    if not isinstance(consumer, Consumer):
        raise TypeError("the app must run on streams.transport")
    # Faust keeps it private and offers no other way to it.
    return {tp: offset for tp, offset in consumer._committed_offset.items() if offset is not None}  # noqa: SLF001


def install(app: faust.App, *, idempotent: bool = True) -> None:
    """Make ``app`` use this transport, for reading and writing."""
    kind = Transport if idempotent else PlainTransport
    app.transport = kind(app.conf.broker_consumer, app)
    app.producer_transport = kind(app.conf.broker_producer, app)
