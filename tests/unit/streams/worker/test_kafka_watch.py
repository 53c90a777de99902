"""Whether Kafka answers: health, metric, and few lines of log."""

import logging
import threading
from typing import Any

import pytest
from kafka.errors import (
    KafkaConnectionError,
    KafkaTimeoutError,
    LeaderNotAvailableError,
    NodeNotReadyError,
    RequestTimedOutError,
    TopicAuthorizationFailedError,
)

from streams.kafka.served_partitions import PartlyAwayError
from streams.monitoring import health as health_module
from streams.monitoring.health import Health
from streams.monitoring.metrics import Metrics
from streams.worker import kafka_watch as module
from streams.worker.kafka_watch import KafkaWatch


class Asked:
    """A Kafka that answers or raises, on a clock of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.error: Exception | None = None
        self.now = 1000.0
        monkeypatch.setattr(health_module, "monotonic", lambda: self.now)
        self.health, self.metrics = Health(stall_seconds=60), Metrics()
        self.watch = KafkaWatch(self.ask, self.ask_all, self.health, self.metrics, limit=10)
        self.partly: Exception | None = None
        self.asked_all = 0
        self.health.ready = True

    def ask(self) -> object:
        if self.error is not None:
            self.now += 10
            raise self.error
        return None

    def ask_all(self) -> object:
        self.asked_all += 1
        if self.partly is not None:
            raise self.partly
        return None

    def up(self) -> Any:
        return self.metrics.registry.get_sample_value("newswatch_kafka_up")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


def test_an_hour_without_kafka_is_no_stall_and_few_lines(asked: Asked, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger=module.__name__)
    asked.watch.look()
    assert (asked.health.ready, asked.up()) == (True, 1)
    asked.health.reached({("articles", 0): 4}, [("articles", 0)])
    asked.error = KafkaTimeoutError("no answer")
    for _ in range(360):
        asked.watch.look()
        asked.health.beat()
        assert asked.health.alive
        assert not asked.health.ready
        assert asked.up() == 0
    assert asked.health.not_ready.startswith("Kafka has not answered for 359")
    asked.error = None
    asked.watch.look()
    assert (asked.health.ready, asked.up()) == (True, 1)
    assert asked.health.alive
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == "Kafka does not answer: no answer; the worker waits and continues when it is back"
    assert lines[1:-1] == [f"Kafka has not answered for {minutes} min: no answer" for minutes in (1, 2, 4, 8, 16, 32)]
    assert lines[-1] == "Kafka answers again, after 3590 s"


def test_a_hang_of_the_event_loop_counts_even_without_kafka(asked: Asked) -> None:
    asked.error = KafkaConnectionError("refused")
    asked.watch.look()
    asked.now += 60
    assert not asked.health.alive


def test_after_kafka_is_back_a_worker_that_does_not_go_on_is_stalled(asked: Asked) -> None:
    asked.health.reached({("articles", 0): 4}, [("articles", 0)])
    asked.error = KafkaConnectionError("refused")
    asked.watch.look()
    asked.now += 600
    asked.error = None
    asked.watch.look()
    asked.health.beat()
    assert asked.health.alive
    asked.now += 60
    asked.health.beat()
    assert not asked.health.alive


def test_a_refusal_is_an_answer(asked: Asked) -> None:
    asked.error = TopicAuthorizationFailedError("articles")
    asked.watch.look()
    assert (asked.health.ready, asked.up()) == (True, 1)


def test_a_worker_that_stands_still_for_a_part_of_kafka_waits_for_it(
    asked: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    asked.partly = PartlyAwayError("articles, partition 3, has no leader")
    asked.watch.look()
    assert (asked.health.ready, asked.asked_all) == (True, 0), "only a worker without progress asks for everything"
    asked.health.reached({("articles", 3): 4}, [("articles", 3)])
    for _ in range(20):
        asked.now += 11
        asked.health.beat()
        asked.watch.look()
        assert asked.health.alive
    assert (asked.health.ready, asked.up()) == (False, 0)
    assert asked.health.not_ready == "Kafka has been partly away for 209 s: articles, partition 3, has no leader"
    asked.partly = None
    asked.watch.look()
    assert (asked.health.ready, asked.up()) == (True, 1)
    assert asked.health.alive
    assert asked.health.stalled_for == 0
    assert caplog.messages == [
        "Kafka is partly away: articles, partition 3, has no leader; the worker waits and continues when it is back",
        *(f"Kafka has been partly away for {n} min: articles, partition 3, has no leader" for n in (1, 2)),
        "Kafka answers again, after 209 s",
    ]


def test_the_log_says_once_of_each_outage_that_it_is_partial(asked: Asked, caplog: pytest.LogCaptureFixture) -> None:
    asked.partly = PartlyAwayError("articles, partition 3, has no leader")
    for _ in range(2):
        asked.error = KafkaTimeoutError("no answer")
        asked.watch.look()
        asked.error = None  # another broker answers
        asked.now += 1
        asked.watch.look()
    asked.partly = None
    asked.watch.look()
    wait = "the worker waits and continues when it is back"
    assert caplog.messages == [
        f"Kafka does not answer: no answer; {wait}",
        f"Kafka is partly away: articles, partition 3, has no leader; {wait}",
        "Kafka answers again, after 12 s",
    ]


def test_a_worker_that_hangs_although_all_of_kafka_answers_ends(asked: Asked) -> None:
    asked.health.reached({("articles", 3): 4}, [("articles", 3)])
    for _ in range(6):
        asked.now += 10.5
        asked.health.beat()
        asked.watch.look()
    assert asked.asked_all == 6
    assert not asked.health.alive


def test_what_takes_too_long_is_no_answer_and_is_not_asked_twice() -> None:
    health, metrics = Health(stall_seconds=60), Metrics()
    asked, answer = [], threading.Event()

    def ask() -> None:
        asked.append(None)
        answer.wait(60)

    watch = KafkaWatch(ask, lambda: None, health, metrics, limit=0.05)
    health.ready = True
    for _ in range(3):
        watch.look()
        assert not health.ready
    answer.set()
    while not health.ready:
        watch.look()
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NodeNotReadyError("No node_id provided"), "no connection"),
        (KafkaTimeoutError("Timed out after 2000 ms"), "no answer"),
        (RequestTimedOutError("Request timed out after 1999 ms"), "no answer"),
        (LeaderNotAvailableError("articles"), "articles"),
        (KafkaConnectionError("Connection refused"), "connecting to a broker failed: Connection refused"),
    ],
)
def test_the_reason_is_in_words(asked: Asked, error: Exception, reason: str) -> None:
    asked.error = error
    asked.watch.look()
    assert asked.health.not_ready.startswith(f"Kafka has not answered for 0 s: {reason}")
