"""Send a batch's records from the worker to Kafka at once, and wait until all of them are acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import faust
import msgspec
from faust.types.tuples import RecordMetadata

from streams.records.cloudevents import Headers


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
        """
        producer = self._app.producer
        pending = [
            await producer.send(
                message.topic, message.key, message.value, message.partition, None, message.headers or None
            )
            for message in messages
        ]
        return list(await asyncio.gather(*pending)) if pending else []
