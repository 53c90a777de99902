"""Dead letters on Kafka: listed with their reasons, and put back where they came from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import msgspec
from kafka import KafkaConsumer, TopicPartition

from streams.clients import consumer as make_consumer
from streams.clients import producer as make_producer
from streams.records.cloudevents import Headers
from streams.records.dead_letter import PREFIX, REASON, read_errors
from streams.settings import Settings
from streams.topics import DEAD

REPLAYED = "newswatch_replayed"
SEND_SECONDS = 30.0
POLL_MS = 1000


class StoredLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter as it lies on ``articles.dead``: where it is, where it came from, and why."""

    partition: int
    offset: int
    time: datetime
    reason: str
    message: str
    error: str
    stage: str
    topic: str
    from_partition: int
    from_offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers

    @property
    def id(self) -> str:
        """What it is called on the command line: ``partition:offset``."""
        return f"{self.partition}:{self.offset}"

    @property
    def origin(self) -> str:
        """The same for a letter that was written twice: where the record stood, and its content."""
        digest = hashlib.blake2b(self.value or b"", digest_size=8).hexdigest()
        return f"{self.topic}:{self.from_partition}:{self.from_offset}:{digest}"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which letters are meant; what is None or empty does not restrict."""

    ids: frozenset[str] = frozenset()
    reason: str | None = None
    since: datetime | None = None
    contains: str | None = None

    def takes(self, letter: StoredLetter) -> bool:
        """Whether a letter is meant."""
        return (
            (not self.ids or letter.id in self.ids)
            and (self.reason is None or letter.reason == self.reason)
            and (self.since is None or letter.time >= self.since)
            and (self.contains is None or self.contains.encode() in (letter.value or b""))
        )


def list_letters(settings: Settings, wanted: Wanted) -> Iterator[StoredLetter]:
    """The letters on the topic, once each, in order of partition and offset.

    Raises:
        BrokerUnreachableError: no broker answers.
    """
    seen: set[str] = set()
    for letter in sorted(_read(settings), key=lambda letter: (letter.partition, letter.offset)):
        if letter.origin not in seen and wanted.takes(letter):
            seen.add(letter.origin)
            yield letter


def replay(settings: Settings, letters: Iterable[StoredLetter]) -> int:
    """Put the original bytes back on the topic that they came from; returns how many.

    A record that comes back as a dead letter, or is replayed twice, is the same article under the same id, so the
    alerts are the same too: replaying again changes nothing.
    """
    sender = make_producer(settings)
    try:
        futures = [
            sender.send(letter.topic, key=letter.key, value=letter.value, headers=_original_headers(letter))
            for letter in letters
        ]
        sender.flush(timeout=SEND_SECONDS)
        return len([future.get(timeout=SEND_SECONDS) for future in futures])
    finally:
        sender.close()


def _original_headers(letter: StoredLetter) -> Headers:
    own = [(name, value) for name, value in letter.headers if name not in {REASON, REPLAYED}]
    kept = [(name, value) for name, value in own if not name.startswith(PREFIX)]
    return [*kept, (REPLAYED, letter.id.encode())]


def _read(settings: Settings) -> Iterator[StoredLetter]:
    consumer: KafkaConsumer = make_consumer(settings, enable_auto_commit=False)
    try:
        topic = settings.topic(DEAD)
        partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        while any(consumer.position(tp) < ends[tp] for tp in partitions):
            for records in consumer.poll(timeout_ms=POLL_MS).values():
                for record in records:
                    yield _letter(record)
    finally:
        consumer.close()


def _letter(record: object) -> StoredLetter:
    headers: Headers = list(getattr(record, "headers", ()))
    errors = read_errors(headers)
    return StoredLetter(
        partition=int(getattr(record, "partition", 0)),
        offset=int(getattr(record, "offset", 0)),
        time=datetime.fromtimestamp(getattr(record, "timestamp", 0) / 1000, UTC),
        reason=errors["reason"],
        message=errors.get("exception.message", ""),
        error=errors.get("exception.class.name", ""),
        stage=errors.get("stage", ""),
        topic=errors.get("topic", ""),
        from_partition=int(errors.get("partition", "-1")),
        from_offset=int(errors.get("offset", "-1")),
        key=getattr(record, "key", None),
        value=getattr(record, "value", None),
        headers=headers,
    )
