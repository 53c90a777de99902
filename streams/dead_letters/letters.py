"""Dead letters, read from ``articles.dead``, and filters on them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from kafka import KafkaConsumer, TopicPartition

from streams.kafka.clients import consumer as make_consumer
from streams.kafka.clients import require_topics
from streams.kafka.topics import DEAD
from streams.records.cloudevents import Headers
from streams.records.dead_letter import split_headers
from streams.settings import Settings

POLL_MS = 500
#: Poll this long past the reported end: the embedded broker under-reports it (milliseconds).
LAST_POLL_MS = 150
#: How long a fetch waits for new records (Kafka's fetch.max.wait.ms).
FETCH_WAIT_MS = 50

#: Most records taken at a time: a fetch of compressed records may unpack to hundreds of times its size.
MOST_RECORDS = 20
#: A number of more digits is none of ours.
MOST_DIGITS = 20

State = Literal["open", "replayed", "returned", "incomplete"]
"""A letter was never replayed; was replayed; is itself a replayed record that failed again; lacks its content."""


class Outlined(msgspec.Struct, frozen=True):
    """A letter's origin, and the size of its value in bytes."""

    origin: str
    size: int


class StoredLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter on ``articles.dead``: its position, its original position, and the reason."""

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
    timestamp: int | None
    key: bytes | None
    value: bytes | None
    headers: Headers
    left_out: int = 0
    """Bytes of the original that do not fit into a dead letter; the source topic has them until retention."""
    outlined: Outlined | None = None
    """What is kept of the content of an outline; None for a whole letter."""

    @property
    def id(self) -> str:
        """The letter's name on the command line: ``partition:offset``."""
        return f"{self.partition}:{self.offset}"

    @property
    def origin(self) -> str:
        """The original's position and content; equal for two letters that a crashing worker wrote for one record."""
        if self.outlined is not None:
            return self.outlined.origin
        return origin(self.topic, self.from_partition, self.from_offset, self.value)

    @property
    def size(self) -> int:
        """Bytes of the original's value."""
        return len(self.value or b"") if self.outlined is None else self.outlined.size

    def outline(self) -> StoredLetter:
        """The letter without its content, for memory: a topic may hold gigabytes. ``read_whole`` reads it again."""
        return msgspec.structs.replace(
            self, key=None, value=None, headers=[], message="", outlined=Outlined(self.origin, self.size)
        )


def origin(topic: str, partition: int, offset: int, value: bytes | None) -> str:
    """A unique name for a record, even if its topic was recreated and counts from 0 again."""
    return f"{topic}:{partition}:{offset}:{hashlib.blake2b(value or b'', digest_size=8).hexdigest()}"


def _short(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest())


class Span(msgspec.Struct, frozen=True):
    """A range of numbers, including both ends; None leaves an end open."""

    first: int | None = None
    last: int | None = None

    def __contains__(self, number: int) -> bool:
        return (self.first is None or number >= self.first) and (self.last is None or number <= self.last)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A filter on letters; fields that are None or empty match all. Topic and numbers are the original's."""

    ids: frozenset[str] = frozenset()
    reasons: frozenset[str] = frozenset()
    stage: str | None = None
    topic: str | None = None
    partition: int | None = None
    offsets: Span = Span()
    since: datetime | None = None
    until: datetime | None = None
    contains: str | None = None

    def takes(self, letter: StoredLetter) -> bool:
        """Whether the filter matches a letter."""
        return (
            (not self.ids or letter.id in self.ids)
            and (not self.reasons or letter.reason in self.reasons)
            and self.stage in (None, letter.stage)
            and self.topic in (None, letter.topic)
            and self.partition in (None, letter.from_partition)
            and letter.from_offset in self.offsets
            and (self.since is None or letter.time >= self.since)
            and (self.until is None or letter.time < self.until)
            and (self.contains is None or self._holds(letter, self.contains))
        )

    @staticmethod
    def _holds(letter: StoredLetter, text: str) -> bool:
        return text in letter.message or any(text.encode() in (part or b"") for part in (letter.value, letter.key))


def read_letters(settings: Settings, wanted: Wanted) -> Iterator[StoredLetter]:
    """The letters on the topic that match, once each, in order of partition and offset.

    Raises:
        BrokerUnreachableError: no broker answers.
        TopicUnreadableError: the topic does not exist, or this user may not read it.
    """
    consumer = reader(settings)
    try:
        topic = settings.topic(DEAD)
        require_topics(consumer, topic)
        numbers = sorted(consumer.partitions_for_topic(topic) or ())
        if wanted.ids:
            numbers = [number for number in numbers if any(id_.startswith(f"{number}:") for id_ in wanted.ids)]
        seen: set[int] = set()  # numbers of 64 bits, for a topic may hold millions of letters
        for number in numbers:
            for record in read_partition(consumer, TopicPartition(topic, number), wanted.since):
                letter = stored_letter(record)
                if wanted.takes(letter) and (origin_ := _short(letter.origin)) not in seen:
                    seen.add(origin_)
                    yield letter
    finally:
        consumer.close()


def reader(settings: Settings, *, check_crcs: bool = True) -> KafkaConsumer:
    """A consumer for :func:`read_partition`; it skips records of open and aborted transactions.

    ``check_crcs``: False for what this program has read before, for kafka-python takes a second for 10 MB.

    Raises:
        BrokerUnreachableError: no broker answers.
    """
    return make_consumer(
        settings,
        enable_auto_commit=False,
        fetch_max_wait_ms=FETCH_WAIT_MS,
        isolation_level="read_committed",
        check_crcs=check_crcs,
    )


def read_whole(consumer: KafkaConsumer, settings: Settings, letters: Sequence[StoredLetter]) -> Iterator[StoredLetter]:
    """The letters with their content, read again if they are outlines, in order of partition and offset.

    Leaves out those that Kafka has deleted meanwhile.
    """
    by_partition: dict[int, dict[int, StoredLetter]] = {}
    for letter in letters:
        by_partition.setdefault(letter.partition, {})[letter.offset] = letter
    for number, wanted in sorted(by_partition.items()):
        outlined = {offset for offset, letter in wanted.items() if letter.outlined is not None}
        yield from (letter for _, letter in sorted(wanted.items()) if letter.outlined is None)
        if not outlined:
            continue
        tp, last = TopicPartition(settings.topic(DEAD), number), max(outlined)
        for record in read_partition(consumer, tp, start=min(outlined)):
            if record.offset in outlined and (letter := stored_letter(record)).origin == wanted[record.offset].origin:
                yield letter
            if record.offset >= last:
                break


def read_partition(
    consumer: KafkaConsumer, tp: TopicPartition, since: datetime | None = None, start: int | None = None
) -> Iterator[Any]:
    """The records that a partition holds now, from ``since`` or from offset ``start`` on."""
    consumer.assign([tp])
    if since is not None:
        found = consumer.offsets_for_times({tp: round(since.timestamp() * 1000)}).get(tp)
        if found is None:
            return
        start = found.offset
    if start is None:
        consumer.seek_to_beginning(tp)
    else:
        consumer.seek(tp, start)
    end = consumer.end_offsets([tp])[tp]
    while True:
        past_end = consumer.position(tp) >= end
        wait = LAST_POLL_MS if past_end else POLL_MS
        records: Sequence[Any] = consumer.poll(timeout_ms=wait, max_records=MOST_RECORDS).get(tp, ())
        yield from records
        if past_end and not records:
            return


def stored_letter(record: Any) -> StoredLetter:
    """Decode a record of ``articles.dead``; best effort for a record that another program wrote."""
    headers, added = split_headers(list(record.headers or ()))
    timestamp = _number(added.get("timestamp"))
    return StoredLetter(
        partition=record.partition,
        offset=record.offset,
        time=_time(record.timestamp),
        reason=added["reason"],
        message=added.get("exception.message", ""),
        error=added.get("exception.class.name", ""),
        stage=added.get("stage", ""),
        topic=added.get("topic", ""),
        from_partition=_number(added.get("partition")),
        from_offset=_number(added.get("offset")),
        timestamp=timestamp if timestamp >= 0 else None,
        key=None if "no_key" in added else record.key,
        value=record.value,
        headers=headers,
        left_out=max(_number(added.get("left_out")), 0),
    )


def _number(text: str | None) -> int:
    """A number of a header; -1 for anything else, such as one of 5,000 digits: other programs may write there too."""
    number = int(text) if text is not None and text.isdecimal() and len(text) < MOST_DIGITS else -1
    return number if number < 2**63 else -1


def _time(milliseconds: int) -> datetime:
    """A record's time; the nearest one that there is for one that Kafka allows and Python does not."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return (datetime.max if milliseconds > 0 else datetime.min).replace(tzinfo=UTC)
