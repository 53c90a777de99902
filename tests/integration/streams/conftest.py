"""Shared by tests of the stream: each makes its own Newswatch on the session's Kafka."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streams.brokers.kafka_cluster import KafkaCluster
from tests.rigs import waiting
from tests.rigs.stream import Stream

#: A short session timeout, frequent rule polls, and no clock that moves event time.
SETTINGS = {
    "session_timeout_seconds": 6.0,
    "heartbeat_seconds": 1.0,
    "advance_when_silent": False,
    "rules_reload_seconds": 0.2,
}

os.environ.setdefault("PYTHONUNBUFFERED", "1")


@pytest.fixture
def wait_until() -> Callable[..., None]:
    """Wait until a condition holds, or fail with a message after a timeout in seconds."""
    return waiting.wait_until


@pytest.fixture
def new_watch(kafka: KafkaCluster, prefix: str, tmp_path: Path) -> Iterator[Callable[..., Stream]]:
    """Make a Newswatch with rules as YAML text; its workers are killed at the end of the test."""
    made: list[Stream] = []

    def make(rules: str, *, partitions: int = 1) -> Stream:
        name = f"{prefix}-{len(made)}"
        made.append(Stream(kafka.bootstrap_servers, name, tmp_path / name, rules, partitions=partitions, **SETTINGS))
        return made[-1]

    yield make
    for watch in made:
        watch.kill()
