"""Articles as `newswatch ingest` sends them, to brokers that may be away."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Self

from kafka import KafkaProducer
from kafka.errors import KafkaError

from streams.settings import Settings
from streams.sources.feed import Feed

#: How often a failed feed is restarted.
FEEDS = 4

#: A client's clock: from the time to the timestamp of a record and the arrival that the client writes.
Clock = Callable[[datetime], tuple[datetime, datetime]]


def feed(settings: Settings, articles: Sequence[bytes], seconds: float) -> None:
    """Send articles, spread over a number of seconds; resend those that did not arrive."""
    started = time.monotonic()
    left = list(range(len(articles)))
    for _ in range(FEEDS):
        sent: set[int] = set()
        try:
            with Feed(settings) as connection:
                for number in left:
                    connection.send(articles[number], _noting(sent, number))
                    due = started + seconds * number / len(articles)
                    time.sleep(max(0.0, due - time.monotonic()))
                connection.flush()
        except (KafkaError, OSError):  # raised when brokers are away for long
            left = [number for number in left if number not in sent]
            continue
        return
    raise AssertionError(f"{len(left)} articles could not be sent")


def feed_with_clock(settings: Settings, articles: Sequence[bytes], seconds: float, wrong: Clock) -> None:
    """Send articles as a client with a wrong clock does, which stamps each record, and each article's arrival."""
    producer = KafkaProducer(bootstrap_servers=settings.brokers, acks="all")
    started = time.monotonic()
    for number, article in enumerate(articles):
        stamp, received_at = wrong(datetime.now(UTC))
        value = json.dumps(json.loads(article) | {"received_at": received_at.isoformat()}).encode()
        sent = producer.send(
            settings.topic("articles"),
            value=value,
            partition=number % settings.partitions,
            timestamp_ms=int(stamp.timestamp() * 1000),
        )
        sent.get(60)  # in order, as far as the watermark asks for it
        time.sleep(max(0.0, started + seconds * number / len(articles) - time.monotonic()))
    producer.close()


def _noting(sent: set[int], number: int) -> Callable[[object], None]:
    return lambda _: sent.add(number)


class Feeding:
    """Articles sent in the background, around a fault; leaving the block waits for the last one."""

    def __init__(self, send: Callable[[], None]) -> None:
        self._error: BaseException | None = None
        self._send = send
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            self._send()
        except BaseException as error:
            self._error = error

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        if self._error is not None:
            raise self._error
