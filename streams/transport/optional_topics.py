"""Topics that may be gone, or that this user may no longer write: what is sent to them costs no more than them.

aiokafka (0.14) waits for a topic that was deleted: 40 s for one that it does not know, and for as long for a batch that
is on its way. Everything behind it waits too, though it goes elsewhere. If a right was withdrawn, it fails the record,
and so all that was sent with it. Here such a record is left out and counted; whoever sends to such a topic writes the
same record to another one. Pinned by
tests/unit/streams/transport/test_optional_topics.py and tests/integration/streams/kafka/test_topics.py.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import TopicAuthorizationFailedError

logger = logging.getLogger(__name__)

#: For this long (seconds) a topic may be unknown before it counts as gone: a new one is not known everywhere at once.
PATIENCE_SECONDS = 2.0
#: How often to look while that is in doubt (seconds).
LOOK_SECONDS = 0.2
#: How often to look whether a topic that is gone exists again (seconds), when there is a record for it.
AGAIN_SECONDS = 5.0

#: Why records are left out.
GONE = "the topic %s does not exist any more; its records are left out until it exists again"
FORBIDDEN = (
    "this user may not write the topic %s any more; its records are left out until it may (`newswatch topics grant "
    "worker USER`)"
)

Sent = Awaitable[Any]


class OptionalTopics:
    """Sends to topics that may be gone or closed to this user.

    Args:
        covers: whether a topic is one of them.
        on_lost: called with the topic of each record that was left out.
    """

    def __init__(
        self, covers: Callable[[str], bool] = lambda _: False, on_lost: Callable[[str], None] = lambda _: None
    ) -> None:
        self.covers = covers
        self._on_lost = on_lost
        self._look_again: dict[str, float] = {}
        self._told: dict[str, str] = {}
        self._on_their_way: dict[str, int] = {}
        self._watch: asyncio.Task[None] | None = None

    async def send(self, producer: AIOKafkaProducer, topic: str, send: Callable[[], Awaitable[Sent]]) -> Sent:
        """Send by ``send``; returns what to await for the acknowledgement, which is None if the record is left out."""
        if not await self._is_there(producer.client, topic):
            left_out: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            left_out.set_result(None)
            self._on_lost(topic)
            return left_out
        try:
            on_its_way = await send()
        except TopicAuthorizationFailedError as error:
            on_its_way = asyncio.get_running_loop().create_future()
            on_its_way.set_exception(error)
        sent = asyncio.ensure_future(self._acknowledged(topic, on_its_way))
        self._on_their_way[topic] = self._on_their_way.get(topic, 0) + 1
        sent.add_done_callback(partial(self._arrived, topic))
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._watch_over(producer))
        return sent

    async def _acknowledged(self, topic: str, sent: Sent) -> Any:
        try:
            return await sent
        except TopicAuthorizationFailedError:
            self._leave_out(topic, FORBIDDEN)
            return None

    async def _is_there(self, client: AIOKafkaClient, topic: str) -> bool:
        """Whether the brokers show a topic; True if they do not answer."""
        if client.cluster.partitions_for_topic(topic):
            self._exists(topic)
            return True
        now = monotonic()
        again = self._look_again.get(topic)
        if again is not None and now < again:
            return False
        deadline = now if again is not None else now + PATIENCE_SECONDS
        client.add_topic(topic)
        while True:
            if not await client.force_metadata_update():
                return True  # aiokafka waits
            if client.cluster.partitions_for_topic(topic):
                self._exists(topic)
                return True
            if monotonic() >= deadline:
                self._hidden(client, topic)
                return False
            await asyncio.sleep(LOOK_SECONDS)

    async def _watch_over(self, producer: AIOKafkaProducer) -> None:
        """While records are on their way, see whether their topics still exist."""
        unknown_since: dict[str, float] = {}
        cluster = producer.client.cluster
        while self._on_their_way:
            await asyncio.sleep(LOOK_SECONDS)
            for topic in list(self._on_their_way):
                if cluster.partitions_for_topic(topic):
                    unknown_since.pop(topic, None)
                elif monotonic() - unknown_since.setdefault(topic, monotonic()) >= PATIENCE_SECONDS:
                    self._hidden(producer.client, topic)
                    _give_up(producer, topic)

    def _arrived(self, topic: str, sent: asyncio.Future[Any]) -> None:
        left = self._on_their_way[topic] - 1
        if left:
            self._on_their_way[topic] = left
        else:
            del self._on_their_way[topic]
        if sent.cancelled() or sent.exception() is not None:
            return
        if sent.result() is None:
            self._on_lost(topic)
        elif self._told.pop(topic, None) is not None:
            logger.warning("records go to the topic %s again", topic)

    def _hidden(self, client: AIOKafkaClient, topic: str) -> None:
        """The brokers do not show the topic: it is gone, or this user may not even see it."""
        self._leave_out(topic, FORBIDDEN if topic in client.cluster.unauthorized_topics else GONE)
        self._look_again[topic] = monotonic() + AGAIN_SECONDS

    def _leave_out(self, topic: str, why: str) -> None:
        if topic not in self._told:
            logger.error(why, topic)
        self._told[topic] = why

    def _exists(self, topic: str) -> None:
        self._look_again.pop(topic, None)
        if self._told.get(topic) == GONE:
            del self._told[topic]
            logger.warning("the topic %s exists again", topic)


def _give_up(producer: AIOKafkaProducer, topic: str) -> None:
    """Settle the batches that wait for a topic, without an acknowledgement.

    None of them was written. So the numbers of their records are free: a topic that comes back expects them.
    """
    accumulator, numbers = producer._message_accumulator, producer._txn_manager  # noqa: SLF001 - it has no public way
    for tp in [tp for tp in accumulator._batches if tp.topic == topic]:  # noqa: SLF001
        while tp in accumulator._batches:  # noqa: SLF001
            batch = accumulator._pop_batch(tp)  # noqa: SLF001
            if numbers is not None:
                numbers.increment_sequence_number(tp, -batch.record_count)
            batch.done_noack()
