"""Send a batch's records from the worker to Kafka at once, and wait until all of them are acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable

import faust
import msgspec
from aiokafka.errors import KafkaTimeoutError, UnknownTopicOrPartitionError
from faust.exceptions import ProducerSendError
from faust.types.tuples import RecordMetadata

from streams.records.cloudevents import Headers
from streams.transport.refused_records import RecordRefusedError


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A record to produce; without ``partition``, the key's hash decides (Kafka's own murmur2)."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = []
    partition: int | None = None


class Outbox:
    """Produces through the app's idempotent producer."""

    def __init__(self, app: faust.App) -> None:
        self._app = app

    async def send(self, messages: Iterable[Message]) -> list[RecordMetadata]:
        """Send all messages and wait until all in-sync replicas have acknowledged every one.

        Raises:
            KafkaError: a message was rejected or not acknowledged in time; others may have been written.
            RecordRefusedError: the broker refuses a message for what it is; all others were written.
        """
        found = []
        for one in await self.offer(messages):
            if isinstance(one, RecordRefusedError):
                raise one
            found.append(one)
        return found

    async def offer(self, messages: Iterable[Message]) -> list[RecordMetadata | RecordRefusedError]:
        """Send all messages; for each one, return where it was written, or why the broker refuses this message.

        Raises:
            KafkaError: a message was not acknowledged for another reason; others may have been written.
        """
        pending = [asyncio.ensure_future(await self._put(message)) for message in messages]
        waiting = pending
        while waiting:
            try:
                await asyncio.gather(*waiting)
            except RecordRefusedError:  # rare; the others are still on their way
                waiting = [future for future in waiting if _refusal(future) is None]
            else:
                break
        return [_refusal(future) or future.result() for future in pending]

    async def _put(self, message: Message) -> Awaitable[RecordMetadata]:
        """Hand a message to the producer.

        Waits for as long as the producer's buffer is full because Kafka is away, and for as long as no broker knows the
        topic: one that has just started may know none. A worker whose topic is gone for good ends as stalled.
        """
        while True:
            try:
                return await self._app.producer.send(
                    message.topic,
                    message.key,
                    message.value,
                    message.partition,
                    None,
                    message.headers or None,  # type: ignore[arg-type] # Faust's type knows no null, aiokafka does
                )
            except ProducerSendError as error:
                if not isinstance(error.__cause__, (KafkaTimeoutError, UnknownTopicOrPartitionError)):
                    raise


def _refusal(future: asyncio.Future[RecordMetadata]) -> RecordRefusedError | None:
    error = future.exception() if future.done() and not future.cancelled() else None
    return error if isinstance(error, RecordRefusedError) else None
