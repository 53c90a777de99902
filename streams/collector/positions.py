"""Positions of sources on a compacted topic, whose partitions a consumer group shares out among collectors."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection
from typing import Any, Self

import msgspec
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.consumer.subscription_state import ConsumerRebalanceListener

from streams.collector.position import Position, decode, encode
from streams.kafka.clients import consumer, producer, require_topics
from streams.kafka.topics import positions_topic
from streams.settings import Settings

#: Longer session timeouts would delay the takeover of a dead collector's sources (milliseconds).
MAX_SESSION_MS = 10_000
#: Timeout for the acknowledgement of a position (seconds).
WRITE_SECONDS = 60.0

logger = logging.getLogger(__name__)


class Positions:
    """The positions of the sources whose partitions this member owns; a context manager. Threads may ``write``.

    Args:
        revoked: called with partitions before they move; returns when nothing is being sent for them.
    """

    def __init__(self, settings: Settings, revoked: Callable[[Collection[int]], None]) -> None:
        self._topic = positions_topic(settings)
        self._revoked = revoked
        self._producer: KafkaProducer = producer(settings)
        session = min(int(settings.session_timeout_seconds * 1000), MAX_SESSION_MS)
        self._consumer: KafkaConsumer = consumer(
            settings,
            group_id=f"{settings.app_id}-collector",
            group_instance_id=settings.instance_id,
            enable_auto_commit=False,  # nothing is ever committed: each owner reads its partitions from the beginning
            auto_offset_reset="earliest",
            session_timeout_ms=session,
            heartbeat_interval_ms=min(int(settings.heartbeat_seconds * 1000), session // 3),
        )
        require_topics(self._consumer, self._topic)
        self.partitions = len(self._consumer.partitions_for_topic(self._topic) or ())
        self._ends: dict[int, int] = {}
        self._read: dict[int, dict[str, Position]] = {}
        self._ready: set[int] = set()

    def __enter__(self) -> Self:
        self._consumer.subscribe([self._topic], listener=_Listener(self._lost))
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()
        self._producer.close(timeout=WRITE_SECONDS)

    def partition_of(self, name: str) -> int:
        """The partition that holds a source's position."""
        return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest()) % self.partitions

    def poll(self, milliseconds: int) -> dict[int, dict[str, Position]]:
        """Take part in the group; return the partitions that are newly read, with the positions in them."""
        for place, records in self._consumer.poll(timeout_ms=milliseconds).items():
            self._take(place.partition, records)
        assigned = {place.partition for place in self._consumer.assignment()}
        if fresh := assigned - self._read.keys():
            places = [TopicPartition(self._topic, number) for number in fresh]
            self._consumer.seek_to_beginning(*places)
            for place, end in self._consumer.end_offsets(places).items():
                self._ends[place.partition] = end
                self._read[place.partition] = {}
        whole = {}
        for number in assigned - self._ready:
            if self._consumer.position(TopicPartition(self._topic, number)) >= self._ends[number]:
                self._ready.add(number)
                whole[number] = self._read[number]
        return whole

    def write(self, name: str, position: Position) -> None:
        """Store a position, and wait until all replicas have it. Raises KafkaError."""
        self._producer.send(
            self._topic, key=name.encode(), value=encode(position), partition=self.partition_of(name)
        ).get(WRITE_SECONDS)

    def _take(self, partition: int, records: list[Any]) -> None:
        if partition in self._ready or partition not in self._read:
            return  # written by this member
        for record in records:
            if record.value is None or record.key is None:
                continue
            try:
                self._read[partition][record.key.decode("utf-8", "replace")] = decode(record.value)
            except msgspec.MsgspecError as error:
                logger.warning(
                    "%s, partition %d, offset %d: no position: %s", self._topic, partition, record.offset, error
                )

    def _lost(self, partitions: Collection[int]) -> None:
        for number in partitions:
            self._ready.discard(number)
            self._read.pop(number, None)
        self._revoked(partitions)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, lost: Callable[[Collection[int]], None]) -> None:
        self._lost = lost

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self._lost([place.partition for place in revoked])

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Read in ``Positions.poll``."""
