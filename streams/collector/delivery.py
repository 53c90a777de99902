"""Articles are sent once, through any crash: first they are written down, then sent, then remembered as sent.

A successor finds what was written down and not remembered, looks on ``articles`` for what had arrived, and sends the
rest. Kafka's transactions would hide half-sent articles only from readers that ask for committed records.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec
from kafka import KafkaConsumer, TopicPartition

from streams.collector.position import Pending, Position, after
from streams.kafka.clients import consumer
from streams.kafka.topics import ARTICLES
from streams.records.article import Article, BadArticleError, decode_article
from streams.settings import Settings
from streams.sources.feed import Feed, TooLargeError, stamp

#: What is written down at once (bytes).
MOST_BYTES = 1024 * 1024

logger = logging.getLogger(__name__)

Write = Callable[[Position], None]


class Delivery:
    """Sends the articles of sources, one batch at a time; for any number of threads. A context manager's child."""

    def __init__(self, settings: Settings, feed: Feed) -> None:
        self._settings = settings
        self._topic = settings.topic(ARTICLES)
        self._feed = feed
        self._lock = threading.Lock()
        self._log: KafkaConsumer = consumer(settings, enable_auto_commit=False)
        self._places = [TopicPartition(self._topic, n) for n in self._log.partitions_for_topic(self._topic) or ()]

    def close(self) -> None:
        """Close what reads ``articles``."""
        self._log.close()

    def send(self, name: str, position: Position, articles: Sequence[Article], write: Write) -> Position:
        """Send articles of a source and return its position after them, which ``write`` has stored.

        Raises:
            UnacknowledgedError: the brokers rejected a record, or did not acknowledge it in time.
            KafkaError: the position was not stored.
        """
        for batch, records in _batches(articles):
            with self._lock:
                ends = {place.partition: end for place, end in self._log.end_offsets(self._places).items()}
                write(msgspec.structs.replace(position, pending=Pending(ends, tuple(map(msgspec.Raw, records)))))
                self._send(name, records)
            position = after(position, batch)
        return position

    def resume(self, name: str, position: Position, write: Write) -> Position:
        """Finish what a predecessor had begun. Raises as ``send``."""
        if position.pending is None:
            return position
        records = [bytes(record) for record in position.pending.records]
        articles = [msgspec.json.decode(record, type=Article) for record in records]
        with self._lock:
            arrived = self._arrived(position.pending.ends)
            missing = [record for record in records if _as_sent(record) not in arrived]
            logger.info("source %s: of %d articles in work, %d are not sent yet", name, len(records), len(missing))
            self._send(name, missing)
        position = after(position, articles)
        write(position)
        return position

    def _send(self, name: str, records: Sequence[bytes]) -> None:
        for record in records:
            try:
                self._feed.send(record, place=f"source {name}")
            except TooLargeError as error:
                logger.warning("%s", error)
        self._feed.flush()

    def _arrived(self, since: dict[int, int]) -> set[bytes]:
        """The records that were appended since then."""
        places = [place for place in self._places if place.partition in since]
        ends = self._log.end_offsets(places)
        found: set[bytes] = set()
        self._log.assign(places)
        for place in places:
            self._log.seek(place, min(since[place.partition], ends[place]))
        while any(self._log.position(place) < ends[place] for place in places):
            for records in self._log.poll(timeout_ms=500).values():
                found.update(_digest(record.value or b"") for record in records)
        self._log.unsubscribe()
        return found


def _as_sent(record: bytes) -> bytes:
    """The digest of what a feed makes of a record; it has its id and arrival already."""
    try:
        return _digest(stamp(decode_article(record), datetime.now(UTC)))
    except BadArticleError:
        return _digest(record)


def _digest(value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=16).digest()


def _batches(articles: Sequence[Article]) -> Iterator[tuple[list[Article], list[bytes]]]:
    """The articles in parts of at most `MOST_BYTES`, each with its records."""
    batch: list[Article] = []
    records: list[bytes] = []
    size = 0
    for article in articles:
        record = msgspec.json.encode(article)
        if batch and size + len(record) > MOST_BYTES:
            yield batch, records
            batch, records, size = [], [], 0
        batch.append(article)
        records.append(record)
        size += len(record)
    if batch:
        yield batch, records
