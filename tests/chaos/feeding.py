"""Articles as `newswatch ingest` sends them, to brokers that may be away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Self

from kafka.errors import KafkaError

from streams.settings import Settings
from streams.sources.feed import Feed

#: How often a failed feed is restarted.
FEEDS = 4


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
