"""Committed offsets of the workers' group, despite broken brokers, and the recovery time of each fault."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, NotCoordinatorError

from streams.kafka.clients import admin_client
from streams.settings import Settings
from tests.rigs.topics import committed_offsets

T = TypeVar("T")

PATIENCE = 100.0
"""Timeout for the brokers' answers (seconds)."""


@dataclass
class Injection:
    """One injected fault: its time, and the committed and end offsets of each partition at that time."""

    at: float
    committed: dict[int, int]
    ends: dict[int, int]
    recovered: float | None = None


class Progress:
    """Committed and end offsets; a thread follows those of the articles until it is closed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin = admin_client(settings)
        self._reader = KafkaConsumer(
            bootstrap_servers=settings.brokers,
            enable_auto_commit=False,
            group_id=None,
            request_timeout_ms=12_000,
            metadata_max_age_ms=3000,
        )
        self.injections: list[Injection] = []
        self._asking = threading.Lock()
        self._committed: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following."""
        self._stopping.set()
        self._thread.join(20)
        self._admin.close()
        self._reader.close()

    def committed(self, topic: str = "articles", patience: float = PATIENCE) -> dict[int, int]:
        """The offsets that the group has committed, by partition."""
        return self._ask(lambda: committed_offsets(self._admin, self._settings, topic), patience)

    def ends(self, topic: str = "articles", patience: float = PATIENCE) -> dict[int, int]:
        """The end offsets of a topic, by partition."""
        name = self._settings.topic(topic)
        places = [TopicPartition(name, number) for number in range(self._settings.partitions)]
        found = self._ask(lambda: self._reader.end_offsets(places), patience)
        return {place.partition: end for place, end in found.items()}

    def wait_committed(self, topic: str, deadline: float) -> int:
        """Wait until the group has committed what a topic holds now; returns the number of records left."""
        target = self.ends(topic)
        while True:
            done = self.committed(topic)
            left = sum(max(end - done.get(partition, 0), 0) for partition, end in target.items())
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(0.3)

    def fault(self) -> None:
        """Record a fault; its recovery time ends when every partition has made progress."""
        # As last seen: a request now would wait for brokers that the fault has stopped.
        self.injections.append(Injection(time.monotonic(), dict(self._committed), dict(self._ends)))

    def _ask(self, question: Callable[[], T], patience: float) -> T:
        deadline = time.monotonic() + patience
        while True:
            try:
                with self._asking:
                    return question()
            except (KafkaError, OSError) as error:  # the fault may be in the brokers
                if time.monotonic() > deadline or self._stopping.is_set():
                    raise
                time.sleep(0.5)
                if isinstance(error, NotCoordinatorError):  # the client keeps asking this broker
                    with self._asking:
                        self._admin.close()
                        self._admin = admin_client(self._settings)

    def _watch(self) -> None:
        while not self._stopping.wait(0.25):
            try:
                self._committed, self._ends = self.committed(patience=0), self.ends(patience=0)
            except (KafkaError, OSError):  # the fault may be in the brokers
                continue
            for one in self.injections:
                if one.recovered is None and all(self._moved_on(one, *pair) for pair in one.ends.items()):
                    one.recovered = time.monotonic()

    def _moved_on(self, one: Injection, partition: int, end: int) -> bool:
        now = self._committed.get(partition, 0)
        return now > one.committed.get(partition, 0) or now >= end
