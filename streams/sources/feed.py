"""Feed the topic ``articles``: stamp the arrival, key by article id, send with acknowledgement by all replicas.

The record's key is the article's id, so that versions of an article stay in order and feeding a file twice gives the
same ids. At any moment, unacknowledged articles span at most half the lateness of event time: the watermark's contract.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Self

import msgspec
from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError

from detectors.model.event_time import rfc3339
from detectors.user_error import UserError
from streams.kafka.clients import producer as make_producer
from streams.kafka.refusals import said
from streams.kafka.refused_records import refusal_of
from streams.kafka.topic_limits import TopicLimits
from streams.kafka.topics import ARTICLES, ensure_topics, topic_specs
from streams.records import cloudevents
from streams.records.article import Article, BadArticleError, decode_article
from streams.settings import Settings
from streams.sources.files import Line

#: Half of the default lateness of a rule (one hour).
MAX_UNACKNOWLEDGED = timedelta(minutes=30)
#: Limit on unacknowledged bytes: kafka-python (3.0.12) has none of its own.
MAX_IN_FLIGHT_BYTES = 32 * 1024 * 1024
#: A file without an article among so many lines holds none: its lines are not sent for the dead letters.
FIRST_LINES = 20
#: Give up on brokers that have acknowledged nothing for this long (seconds).
SEND_SECONDS = 60.0
#: Timeout for closing, and for flushing after another failure has ended the feed (seconds).
STOP_SECONDS = 5.0


class Sent(msgspec.Struct, frozen=True):
    """One record as the broker acknowledged it."""

    partition: int
    offset: int


class TooLargeError(ValueError):
    """A record larger than ``max_request_bytes``; it was not sent."""


class Refused(msgspec.Struct, frozen=True):
    """A record that its topic refuses: its place, Kafka's name for the refusal, and its size in bytes."""

    place: str
    refusal: str
    size: int


class UnacknowledgedError(UserError):
    """A record that the brokers rejected, or did not acknowledge in time; the message names the first of them."""


class Feed:
    """An open connection for sending articles; a context manager.

    Args:
        refuse: called with place, topic, limit and remedy of each record that the topic refuses; all others are sent.
            Called by ``send``, ``flush`` and at the end of the context; without it, these raise UnacknowledgedError.

    Raises:
        BrokerUnreachableError: no broker answers.
        TopicsMissingError: the topic does not exist; creating it here would give it an arbitrary number of partitions.
    """

    def __init__(self, settings: Settings, refuse: Callable[[str], None] | None = None) -> None:
        self._topic = settings.topic(ARTICLES)
        ensure_topics(settings, [spec for spec in topic_specs(settings) if spec.name == self._topic], create=False)
        self._most = settings.max_request_bytes
        self._producer: KafkaProducer = make_producer(settings)
        self._oldest: datetime | None = None
        self._newest: datetime | None = None
        self._changed = threading.Condition()
        self._in_flight: dict[int, tuple[str, int]] = {}  # in order: each record's place and size in bytes
        self._bytes = 0
        self._count = 0
        self._moved = 0.0
        self._failure: str | None = None
        self._refuse = refuse
        self._refused: deque[Refused] = deque()
        self._limits = TopicLimits(settings)
        self.acknowledged = 0
        self.others = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            with suppress(*(() if kind is None else (UnacknowledgedError,))):
                self.flush(SEND_SECONDS if kind is None else STOP_SECONDS)
            with suppress(UnacknowledgedError):
                self._tell_refused()
        finally:
            if self._in_flight:  # closing would wait for these
                self._producer._sender.force_close()  # noqa: SLF001 - it has no public way
            with suppress(KafkaError):
                self._producer.close(timeout=STOP_SECONDS)

    def count_other(self, sent: Sent) -> None:
        """Count an acknowledged record that is no article."""
        del sent
        self.others += 1

    @property
    def unacknowledged(self) -> Sequence[str]:
        """The places of records that were sent and not acknowledged, oldest first; they may have arrived."""
        with self._changed:
            return [place for place, _ in self._in_flight.values()]

    def send(self, record: bytes, on_sent: Callable[[Sent], None] | None = None, *, place: str = "a record") -> None:
        """Send one record; a record that is not an article is sent unchanged, for the stream to report.

        Args:
            place: the record's name in error messages, such as its file and line.

        Raises:
            TooLargeError: the record is too large; others can follow.
            UnacknowledgedError: an earlier record was rejected, or not acknowledged in time.
        """
        now = datetime.now(UTC)
        key, value, headers = None, record, None
        try:
            article = decode_article(record)
        except BadArticleError:
            pass
        else:
            key, value, headers = article.key.encode(), stamp(article, now), _headers(article)
            self._hold_back(article.event_time(now))
        self._wait_until(lambda: self._bytes + len(value) <= MAX_IN_FLIGHT_BYTES or not self._in_flight, SEND_SECONDS)
        try:
            future = self._producer.send(self._topic, key=key, value=value, headers=headers)
        except MessageSizeTooLargeError:
            raise TooLargeError(
                f"{place}: not sent: the record has {len(value):,} bytes; expected fewer than max_request_bytes "
                f"({self._most:,}). Raise it and the max.message.bytes of {self._topic}, or leave the record out"
            ) from None
        except KafkaError as error:
            raise UnacknowledgedError(f"{place}: not sent: {said(error)}") from None
        self._follow(future, place, len(value), on_sent)

    def flush(self, seconds: float = SEND_SECONDS) -> None:
        """Wait until every sent record is acknowledged.

        Args:
            seconds: give up on brokers that have acknowledged nothing for this long.

        Raises:
            UnacknowledgedError: a record was rejected, or not acknowledged in time.
        """
        self._wait_until(lambda: not self._in_flight, seconds)
        self._oldest = self._newest = None

    def _follow(self, future: Any, place: str, size: int, on_sent: Callable[[Sent], None] | None) -> None:
        with self._changed:
            number = self._count = self._count + 1
            self._moved = self._moved if self._in_flight else monotonic()
            self._in_flight[number] = place, size
            self._bytes += size

        def arrived(metadata: Any) -> None:
            with self._changed:
                del self._in_flight[number]
                self._bytes -= size
                self._moved = monotonic()
                self.acknowledged += 1
                self._changed.notify_all()
            if on_sent is not None:
                on_sent(Sent(metadata.partition, metadata.offset))

        def failed(error: BaseException) -> None:
            refusal = refusal_of(error)
            with self._changed:
                if refusal is None:
                    self._failure = self._failure or f"{place}: not acknowledged: {said(error)}"
                else:
                    del self._in_flight[number]
                    self._bytes -= size
                    self._moved = monotonic()
                    self._refused.append(Refused(place, refusal, size))
                self._changed.notify_all()

        future.add_callback(arrived).add_errback(failed)

    def _wait_until(self, holds: Callable[[], bool], seconds: float) -> None:
        with self._changed:
            while self._failure is None and not holds():
                left = self._moved + seconds - monotonic()
                if left <= 0:
                    place, _ = next(iter(self._in_flight.values()))
                    raise UnacknowledgedError(f"{place}: not acknowledged within {seconds:.0f} s")
                self._changed.wait(left)
            failure = self._failure
        self._tell_refused()
        if failure is not None:
            raise UnacknowledgedError(failure)

    def _tell_refused(self) -> None:
        while self._refused:
            one = self._refused.popleft()
            message = f"{one.place}: not sent: {self._limits.explained(self._topic, one.refusal, one.size)}"
            if self._refuse is None:
                raise UnacknowledgedError(message)
            self._refuse(message)

    def _hold_back(self, time: datetime) -> None:
        oldest = min(time, self._oldest or time)
        newest = max(time, self._newest or time)
        if newest - oldest > MAX_UNACKNOWLEDGED:
            self.flush()
            oldest = newest = time
        self._oldest, self._newest = oldest, newest


def stamp(article: Article, now: datetime) -> bytes:
    """The article as JSON with its id and arrival; keeps those that it already has."""
    received_at = article.received_at or rfc3339(now)
    return msgspec.json.encode(msgspec.structs.replace(article, id=article.key, received_at=received_at))


def feed(connection: Feed, lines: Iterable[Line], progress: Callable[[], None], refuse: Callable[[str], None]) -> None:
    """Send all lines and wait for their acknowledgement.

    Calls ``refuse`` for each that is larger than a request, or that the file's reader refused. What was refused is sent
    for `articles.dead`, unless its file seems to hold no articles at all.

    Raises:
        UnacknowledgedError: the brokers reject a record, or do not acknowledge it in time.
    """
    articles, others = Counter[str](), Counter[str]()
    for line in lines:
        (articles if line.refused is None else others)[line.file] += 1
        if line.refused is not None:
            refuse(f"{line.file}:{line.number}: {line.refused.reason}: {line.refused}")
            if not line.value or (others[line.file] > FIRST_LINES and not articles[line.file]):
                progress()
                continue
        try:
            connection.send(
                line.value,
                None if line.refused is None else connection.count_other,
                place=f"{line.file}:{line.number}",
            )
        except TooLargeError as error:
            refuse(str(error))
        progress()
    connection.flush()


def _headers(article: Article) -> cloudevents.Headers:
    return cloudevents.headers("article", article.key, subject=article.source)
