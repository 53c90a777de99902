"""Signals to a worker, and a worker that cannot start, on real Kafka.

Covered: a worker is not ready once it received a stop signal. Without a broker it ends within 10 s, and immediately on
a second signal. During startup it ends immediately. SIGHUP reloads the rules and ends nothing. If `observations` has
more partitions than the changelog, the worker reports it before it reads anything.
"""

import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from streams.brokers.kafka_cluster import KafkaCluster
from streams.kafka.clients import admin_client
from streams.kafka.topics import changelog_topic

New = Callable[..., Any]
Wait = Callable[..., None]

QUAKES = """
rules:
  - {name: quakes, kind: match, where: {text: quake}}
"""
FLOODS = """
  - {name: floods, kind: match, where: {text: flood}}
"""
QUAKE = {"id": "q", "text": "A quake shook the town.", "published_at": "2020-05-01T00:00:00Z"}


@pytest.fixture(autouse=True)
def _hangups_are_heard() -> Iterator[None]:
    """Restore SIGHUP, which child processes inherit as ignored if the tests run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.alone
def test_without_a_broker_it_stops_in_time_and_at_once_on_a_second_signal(new_watch: New, wait_until: Wait) -> None:
    with KafkaCluster() as cluster:
        watches = []
        for _ in range(2):
            watch = new_watch(QUAKES)
            watch.settings = watch.settings.model_copy(update={"brokers": [cluster.bootstrap_servers]})
            watch.create_topics()
            watch.start().wait_ready()
            watch.produce([QUAKE])
            watch.wait_committed()
            watches.append(watch)
        (once,), (twice,) = (watch.workers for watch in watches)
        cluster.kill(1)
        time.sleep(1)
        begun = time.monotonic()
        for worker in (once, twice):
            worker.signal(signal.SIGTERM)
            wait_until(lambda worker=worker: not worker.status.ready(), 1, "it is still ready")
            assert worker.process.poll() is None
        time.sleep(1.5)
        twice.signal(signal.SIGINT)
        assert twice.process.wait(1) == 130
        assert once.process.wait(10 - (time.monotonic() - begun)) == 0


@pytest.mark.alone
def test_a_signal_during_startup_ends_it_at_once(new_watch: New) -> None:
    watch = new_watch(QUAKES)
    watch.create_topics()
    worker = watch.start(brokers="127.0.0.1:1")  # nothing answers there, for 10 s
    time.sleep(4)
    worker.signal(signal.SIGHUP)
    time.sleep(0.5)
    assert worker.process.poll() is None
    worker.signal(signal.SIGTERM)
    assert worker.process.wait(2) == 128 + signal.SIGTERM


def test_sighup_reloads_the_rules(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(QUAKES)
    watch.create_topics()
    worker = watch.start(rules_reload_seconds=3600).wait_ready()
    (watch.settings.rules / "rules.yaml").write_text(QUAKES + FLOODS)
    time.sleep(1)
    assert worker.metric("newswatch_rules") == 1
    worker.signal(signal.SIGHUP)
    wait_until(lambda: worker.metric("newswatch_rules") == 2, 10, "the rules were not reloaded", watch)
    assert worker.status.ready()


def test_expanding_observations_ends_the_worker(new_watch: New) -> None:
    watch = new_watch(QUAKES, partitions=2)
    watch.create_topics()
    running = watch.start().wait_ready()
    topic, changelog = watch.settings.topic("observations"), changelog_topic(watch.settings)
    admin = admin_client(watch.settings)
    admin.create_partitions({topic: 3})
    admin.close()
    assert running.process.wait(60) == 70
    assert f"{topic} was expanded while the worker ran; expected 2 partitions" in running.log.read_text()
    again = watch.start()
    assert again.process.wait(60) == 2
    said = again.log.read_text()
    assert "Traceback" not in said
    assert f"{topic} has 3 partitions, {changelog} has 2 partitions; expected equal numbers" in said
