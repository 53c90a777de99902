"""A worker in its consumer group: Kafka away, refusals, two workers of one name, partitions that move under load."""

import os
import signal
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from streams.brokers.kafka_cluster import KafkaCluster
from streams.processes.command import newswatch
from tests.rigs.articles import START, article
from tests.rigs.processes import Program
from tests.rigs.stream import Stream

RULES = "rules: [{name: quakes, kind: frequency, where: {text: quake}, window: 1h, at_least: 3, lateness: 10m}]"
CHAINED = """
rules:
  - {name: quakes, kind: frequency, where: {text: quake}, window: 1h, at_least: 3, lateness: 10m}
  - {name: waves, kind: chain, alerts: {rules: [quakes]}, window: 3h, at_least: 12, lateness: 10m}
"""
SETTINGS = {"session_timeout_seconds": 6.0, "heartbeat_seconds": 1.0, "advance_when_silent": False}
STALL_SECONDS = 8.0

New = Callable[..., Stream]
Wait = Callable[..., None]


def answer(worker: Any, path: str) -> tuple[int, str]:
    """Status and text of one of the worker's pages."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}{path}", timeout=10) as found:
            return found.status, found.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def stays_alive(worker: Any, seconds: float) -> None:
    """The worker is alive for so long, and not ready."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        worker.require_running()
        assert answer(worker, "/livez")[0] == 200
        assert answer(worker, "/readyz")[0] == 503
        time.sleep(0.5)


@contextmanager
def gone(cluster: KafkaCluster) -> Iterator[None]:
    """The broker's process has ended."""
    cluster.stop(1)
    yield
    cluster.start(1)


@contextmanager
def frozen(cluster: KafkaCluster) -> Iterator[None]:
    """The broker's process is there and does nothing."""
    broker = cluster.pid(1)
    os.kill(broker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(broker, signal.SIGCONT)


def test_a_worker_waits_for_kafka_at_the_start_and_later(tmp_path: Path, wait_until: Wait) -> None:
    with KafkaCluster(folder=tmp_path / "kafka") as cluster:
        watch = Stream(cluster.bootstrap_servers, "patient", tmp_path / "watch", RULES, partitions=2, **SETTINGS)
        with watch:
            watch.create_topics()
            cluster.stop(1)
            worker = watch.start(stall_seconds=STALL_SECONDS)
            wait_until(lambda: answer(worker, "/livez")[0] == 200, 60, "no answer over HTTP", watch)
            assert "no Kafka broker answers at 127.0.0.1:" in worker.log.read_text()
            stays_alive(worker, STALL_SECONDS + 2)
            cluster.start(1)
            worker.wait_ready()
            watch.produce(article(f"a{number}", number) for number in range(20))
            watch.wait_committed()
            assert worker.metric("newswatch_rebalances_total") >= 1
            samples = worker.status.samples()["newswatch_assigned_partitions"]
            assert {labels["topic"].split(".")[-1]: owned for labels, owned in samples} == {
                "articles": 2,
                "observations": 2,
            }

            for away, number in ((gone, 20), (frozen, 40)):
                watch.produce(article(f"a{number + n}", number + n) for n in range(20))
                with away(cluster):
                    wait_until(
                        lambda: "Kafka has not answered for" in answer(worker, "/readyz")[1], 60, "it says ready", watch
                    )
                    stays_alive(worker, STALL_SECONDS * 1.5)
                    assert worker.metric("newswatch_kafka_up") == 0
                worker.wait_ready()
                watch.produce(article(f"a{number + n}", number + n) for n in range(20))
                watch.wait_committed()
            assert worker.metric("newswatch_kafka_up") == 1
            lines = worker.log.read_text().splitlines()
            assert 2 <= sum("Kafka does not answer: " in line for line in lines) < 10
            assert len(lines) < 100, "\n".join(lines)
            assert "Traceback" not in "\n".join(lines)
            assert worker.stop() == 0


def test_a_worker_waits_for_a_part_of_kafka(tmp_path: Path, wait_until: Wait) -> None:
    """Of three brokers one is killed; it has the only replica of a partition of each topic."""
    one = {"min.insync.replicas": "1"}
    with KafkaCluster(3, folder=tmp_path / "kafka", heap="256m", properties=one) as cluster:
        watch = Stream(cluster.bootstrap_servers, "partly", tmp_path / "watch", RULES, partitions=3, **SETTINGS)
        with watch:
            watch.create_topics()
            worker = watch.start(stall_seconds=STALL_SECONDS).wait_ready()
            watch.produce(article(f"a{number}", number) for number in range(20))
            watch.wait_committed()
            cluster.kill(3)
            wait_until(lambda: "partly away for" in answer(worker, "/readyz")[1], 90, "it says ready", watch)
            wait_until(lambda: "has no leader" in answer(worker, "/readyz")[1], 60, "it does not say why", watch)
            stays_alive(worker, STALL_SECONDS * 1.5)
            assert worker.metric("newswatch_kafka_up") == 0
            cluster.start(3)
            worker.wait_ready()
            watch.produce(article(f"a{number}", number) for number in range(20, 40))
            watch.wait_committed()
            assert {record.key for record in watch.read("articles.enriched")} == {b"a%d" % n for n in range(40)}
            said = worker.log.read_text()
            assert "Kafka is partly away: " in said
            assert "Kafka answers again, after " in said
            assert "Traceback" not in said
            assert worker.stop() == 0


def test_of_two_workers_with_one_instance_id_the_older_ends(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(RULES, partitions=2)
    watch.create_topics()
    older = watch.start(instance_id="desk").wait_ready()
    watch.produce(article(f"a{number}", number) for number in range(50))
    newer = watch.start(instance_id="desk")
    assert older.process.wait(60) == 78
    said = older.log.read_text()
    assert "the worker stops: fenced: another worker of group " in said
    assert "with the same instance_id 'desk' and has taken over; give each worker an instance_id of its own" in said
    assert "Traceback" not in said
    newer.wait_ready()
    watch.produce(article(f"b{number}", number) for number in range(50))
    watch.wait_committed()
    newer.require_running()
    moves = newer.metric("newswatch_rebalances_total")
    short = {"session_timeout_seconds": 2.0, "heartbeat_seconds": 0.5}
    again = watch.start(instance_id="desk", **short)  # as an orchestrator does, again and again
    assert again.process.wait(90) == 78
    said = again.log.read_text()
    assert "and fenced this one before; it is still a member after 2 s (session_timeout_seconds). Give each" in said
    assert "Traceback" not in said
    newer.require_running()
    assert newer.metric("newswatch_rebalances_total") == moves
    third = watch.start(instance_id="desk", session_timeout_seconds=60.0, request_timeout_seconds=70.0)
    wait_until(lambda: answer(third, "/livez")[0] == 200, 60, "no answer over HTTP", watch)
    assert answer(third, "/readyz")[0] == 503
    assert newer.stop() == 0
    third.wait_ready()  # once the other's session has ended


def test_what_the_group_refuses_for_good_ends_the_worker_and_subscribe(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(RULES)
    watch.create_topics()
    group = watch.settings.app_id
    command = [*newswatch("subscribe", watch.settings), "alerts", "--group", group]
    first = Program(command, watch.folder / "subscribe.log")
    wait_until(lambda: watch.members(), 60, "it does not join", first)
    worker = watch.start()
    try:
        assert worker.process.wait(60) == 78
        text = worker.log.read_text()
        assert f"consumer group '{group}' (app_id) is in use by programs of another kind" in text
        assert "Traceback" not in text
    finally:
        first.kill()
    wait_until(lambda: not watch.members(), 60, "it does not leave", first)
    quick = watch.start(session_timeout_seconds=0.5, heartbeat_seconds=0.1)
    assert quick.process.wait(60) == 78
    assert "the brokers do not allow session_timeout_seconds 0.5; expected a time" in quick.log.read_text()
    watch.start().wait_ready()
    second = Program(command, watch.folder / "subscribe.log")
    assert second.process.wait(60) == 2
    last = second.log.read_text().splitlines()[-1]
    assert last.startswith(f"newswatch: consumer group '{group}' (--group) is in use by programs of another kind")


@pytest.mark.alone  # four workers on a busy machine do not finish their batches in the time that the group waits
def test_workers_that_come_and_go_read_hardly_anything_twice(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(RULES, partitions=8)
    watch.create_topics()
    steady = watch.start(batch_articles=16).wait_ready()
    text = "Talks about the border went on in Paris, the president of France said. " * 60
    total = 3000

    def read_twice(first: int) -> int:
        """How many of so many articles are enriched twice while three workers come and go."""
        numbers = range(first, first + total)
        watch.produce(article(f"a{n}", n / 10, f"{n} {text}", f"outlet-{n % 7}") for n in numbers)
        guests = [watch.start(batch_articles=16) for _ in range(3)]
        for guest in guests:
            guest.wait_ready()
        begun = sum(watch.committed().values())
        for guest in guests:
            guest.stop()
        watch.wait_committed(180)
        steady.require_running()
        assert begun < first + total, "too quick to show anything"
        wanted = {f"a{n}".encode() for n in numbers}
        seen = Counter(record.key for record in watch.read("articles.enriched") if record.key in wanted)
        assert len(seen) == total
        return seen.total() - total

    # The group waits a bounded time for batches in work: a machine that stands still meanwhile may fail one round.
    assert any(read_twice(first) < total / 100 for first in (0, total))


def test_workers_without_articles_write_nothing_and_event_time_passes(new_watch: New, wait_until: Wait) -> None:
    """Two workers and 12 partitions once wrote 24 reports a second, and as many records of the changelog."""
    watch = new_watch(CHAINED, partitions=12)
    watch.create_topics()
    workers = [watch.start(advance_when_silent=True) for _ in range(2)]
    for worker in workers:
        worker.wait_ready()
    wait_until(lambda: {len(worker.owned()) for worker in workers} == {6}, 60, "the partitions are not divided", watch)
    watch.produce(article(f"a{number}", number) for number in range(50))
    watch.wait_committed()
    reached = (START + timedelta(minutes=49)).timestamp()

    def moved() -> bool:
        found = [worker.shows("newswatch_watermark_timestamp_seconds") for worker in workers]
        return all(len(one) == 6 and min(one.values()) > reached for one in found)

    wait_until(moved, 180, "event time does not pass in silence", watch)
    marks = [min(worker.watermarks().values()) for worker in workers]
    stored = len(watch.changelog())
    time.sleep(15)  # in the first seconds, they still report to chains how far they have judged
    before = sum(watch.ends("observations").values())
    time.sleep(15)
    after = sum(watch.ends("observations").values())
    assert after - before <= 2 * 2 * 12  # what is judged, each two minutes, and a repetition, each ten
    assert len(watch.changelog()) - stored <= 2 * 12  # the progress, when event time has passed by ten minutes
    for worker, mark in zip(workers, marks, strict=True):
        assert min(worker.watermarks().values()) - mark > timedelta(seconds=5)
