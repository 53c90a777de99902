"""Feeding the topic ``articles``: stamp the arrival, key by article id, send with acknowledgement by all replicas.

The record's key is the article's id, so that versions of one article stay in order and feeding a file twice gives
the same ids. At most half the lateness of event time is unacknowledged at any moment (the contract of the watermark).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import msgspec
from kafka import KafkaProducer

from detectors.event_time import event_time
from streams.clients import producer as make_producer
from streams.records import cloudevents
from streams.records.article import Article, BadArticleError, decode_article
from streams.settings import Settings
from streams.topics import ARTICLES, ensure_topics, topic_specs

#: Half of the default lateness of a rule (one hour).
MAX_UNACKNOWLEDGED = timedelta(minutes=30)
SEND_SECONDS = 60.0


class Sent(msgspec.Struct, frozen=True):
    """One record as the broker has it."""

    partition: int
    offset: int


class Feed:
    """An open connection that articles are sent over; a context manager.

    Raises:
        BrokerUnreachableError: no broker answers.
        TopicsMissingError: there is no topic to send to; made here, it would have a number of partitions by chance.
    """

    def __init__(self, settings: Settings) -> None:
        self._topic = settings.topic(ARTICLES)
        ensure_topics(settings, [spec for spec in topic_specs(settings) if spec.name == self._topic], create=False)
        self._producer: KafkaProducer = make_producer(settings)
        self._oldest: datetime | None = None
        self._newest: datetime | None = None
        self._failure: BaseException | None = None

    def __enter__(self) -> Feed:
        return self

    def __exit__(self, *_: object) -> None:
        self._producer.flush(timeout=SEND_SECONDS)
        self._producer.close()

    def send(self, record: bytes, on_sent: Callable[[Sent], None] | None = None) -> None:
        """Send one record; what is no article is sent as it is, for the stream to say why.

        Raises:
            KafkaError: the broker refuses.
        """
        now = datetime.now(UTC)
        try:
            article = decode_article(record)
        except BadArticleError:
            future = self._producer.send(self._topic, value=record)
        else:
            self._hold_back(event_time(article.published_at, article.arrival(now)))
            future = self._producer.send(
                self._topic, key=article.key.encode(), value=stamp(article, now), headers=_headers(article)
            )
        future.add_errback(self._fail)
        if on_sent is not None:
            future.add_callback(lambda metadata: on_sent(Sent(metadata.partition, metadata.offset)))

    def flush(self) -> None:
        """Wait until all that was sent is acknowledged.

        Raises:
            KafkaError: a record was refused, or not acknowledged in time.
        """
        self._producer.flush(timeout=SEND_SECONDS)
        self._oldest = self._newest = None
        if self._failure is not None:
            raise self._failure

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error

    def _hold_back(self, time: datetime) -> None:
        oldest = min(time, self._oldest or time)
        newest = max(time, self._newest or time)
        if newest - oldest > MAX_UNACKNOWLEDGED:
            self.flush()
            oldest = newest = time
        self._oldest, self._newest = oldest, newest


def stamp(article: Article, now: datetime) -> bytes:
    """The article as JSON with its id and its arrival; both are kept where it has them."""
    received_at = article.received_at or now.isoformat().replace("+00:00", "Z")
    return msgspec.json.encode(msgspec.structs.replace(article, id=article.key, received_at=received_at))


def feed(settings: Settings, records: Iterable[bytes], progress: Callable[[], None] = lambda: None) -> int:
    """Send all records and wait for their acknowledgement; returns how many.

    Raises:
        BrokerUnreachableError: no broker answers.
        TopicsMissingError: there is no topic to send to.
        KafkaError: the broker refuses.
    """
    count = 0
    with Feed(settings) as connection:
        for record in records:
            connection.send(record)
            count += 1
            progress()
        connection.flush()
    return count


def _headers(article: Article) -> cloudevents.Headers:
    return cloudevents.headers("article", article.key, subject=article.source)
