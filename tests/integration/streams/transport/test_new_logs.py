"""`articles` deleted and recreated, or truncated, on real Kafka.

Shown here: every article of the new log is read, with workers stopped and with workers running, also where an offset of
the old log was committed after Kafka had forgotten the others; nothing of it is taken for known by its place, so that
what is late is counted as late; facts and event time stay; alerts are those of `newswatch scan` over the new articles.
Records that are deleted before they are read are counted once, said in the log, and hold nothing up.
"""

import signal
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.errors import TopicAlreadyExistsError
from kafka.structs import OffsetAndMetadata

from streams.kafka.clients import admin_client
from streams.kafka.topic_states import describe_topics
from streams.kafka.topics import create_topics, topic_specs
from streams.transport.start_offsets import MARK
from tests.rigs.articles import START, article
from tests.rigs.topics import delete_topics

New = Callable[..., Any]
Wait = Callable[..., None]

QUAKES = """
rules: [{name: quakes, kind: frequency, where: {text: quake}, group_by: [source], window: 1h, at_least: 3, lateness: 1h}]
"""


def articles(name: str, numbers: range, *, first: float = 0) -> list[dict[str, Any]]:
    """Articles a minute apart from minute `first` on; three of each outlet."""
    return [article(f"{name}{n}", first + n, f"A quake shook town {n}.", f"{name}-outlet-{n // 3}") for n in numbers]


def log_id(watch: Any) -> str:
    (topic,) = describe_topics(watch.settings, [watch.settings.topic("articles")])
    return topic.id


def make_anew(watch: Any) -> None:
    delete_topics(watch.settings, watch.settings.topic("articles"))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if create_topics(watch.settings, topic_specs(watch.settings)):
                return
        except TopicAlreadyExistsError:
            pass
        time.sleep(0.1)
    pytest.fail("the topic was not made anew")


def delete_until(watch: Any, offset: int) -> None:
    """Delete the records of partition 0 below an offset, as retention does."""
    admin = admin_client(watch.settings)
    admin.delete_records({TopicPartition(watch.settings.topic("articles"), 0): offset})
    admin.close()


def enriched(watch: Any) -> set[str]:
    return {record.key.decode() for record in watch.read("articles.enriched")}


def ids(records: list[dict[str, Any]]) -> set[str]:
    return {record["id"] for record in records}


def test_recreated_while_workers_are_stopped(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(QUAKES, partitions=2)
    watch.create_topics()
    old = articles("a", range(60))
    watch.start().wait_ready()
    for partition in (0, 1):
        watch.produce(old[partition::2], partition)
    watch.wait_committed()
    watch.stop()
    before = log_id(watch)
    make_anew(watch)
    assert log_id(watch) != before
    assert watch.committed() == {}  # Kafka forgets them with the topic
    # ... but takes the commit of a worker that has not noticed.
    admin = admin_client(watch.settings)
    late_commit = {TopicPartition(watch.settings.topic("articles"), 0): OffsetAndMetadata(30, MARK + before, -1)}
    admin.alter_group_offsets(watch.settings.app_id, late_commit)
    admin.close()
    new = articles("b", range(90), first=60)
    long_ago = articles("c", range(3), first=-600)
    for partition in (0, 1):
        watch.produce(new[partition::2], partition)
    watch.produce(long_ago, 0)  # at offsets that were read in the old log
    worker = watch.start().wait_ready()
    watch.wait_committed()
    assert enriched(watch) == ids(old + new + long_ago)
    found = {alert["id"] for alert in watch.alerts()}
    assert found == set(watch.scanned(old)) | set(watch.scanned(new))
    wait_until(lambda: watch.late() == 3, 10, "what is late by the time that was kept is not counted", watch)
    wait_until(
        lambda: set(worker.watermarks().values()) == {START + timedelta(minutes=149)}, 20, "event time stands", watch
    )


def test_recreated_while_workers_run(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(QUAKES, partitions=3)
    watch.create_topics()
    static, dynamic = watch.start(instance_id="static"), watch.start()
    for worker in (static, dynamic):
        worker.wait_ready()
    wait_until(lambda: static.owned() and dynamic.owned(), 30, "the partitions are not shared", watch)
    old = articles("a", range(600))
    watch.produce(old)
    wait_until(lambda: len(enriched(watch)) > 60, 30, "nothing is read", watch)
    make_anew(watch)  # in the middle of reading: unread records are lost
    new = articles("b", range(900), first=600)
    watch.produce(new)
    wait_until(lambda: ids(new) <= enriched(watch), 60, "articles of the new log are not read", watch)
    watch.wait_committed()
    assert [worker.process.poll() for worker in (static, dynamic)] == [None, None]
    found = {alert["id"] for alert in watch.alerts()}
    assert set(watch.scanned(new)) <= found <= set(watch.scanned(new)) | set(watch.scanned(old))
    assert watch.late() == 0
    for worker in (static, dynamic):
        worker.wait_ready()
        assert worker.log.read_text().count("articles was recreated") == 1


def test_a_worker_waits_for_a_deleted_topic(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(QUAKES)
    watch.create_topics()
    worker = watch.start(stall_seconds=8).wait_ready()
    watch.produce(articles("a", range(9)))
    watch.wait_committed()
    delete_topics(watch.settings, watch.settings.topic("articles"))
    wait_until(lambda: not worker.status.ready(), 10, "it is ready without its articles", watch)
    time.sleep(12)  # longer than the stall limit
    assert worker.process.poll() is None, "it has something to wait for"
    assert worker.log.read_text().count("articles was deleted") == 1
    watch.create_topics()
    new = articles("b", range(30), first=9)
    watch.produce(new)
    wait_until(lambda: ids(new) <= enriched(watch), 30, "articles of the new log are not read", watch)
    worker.wait_ready()
    watch.wait_committed()
    assert len(watch.alerts()) == 13


def test_records_deleted_before_they_are_read_are_counted_once(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(QUAKES)
    watch.create_topics()
    records = articles("a", range(60))
    watch.start().wait_ready()
    watch.produce(records[:12])
    watch.wait_committed()
    watch.stop()
    watch.produce(records[12:])
    delete_until(watch, 30)
    second = watch.start().wait_ready()
    watch.wait_committed()
    assert enriched(watch) == ids(records[:12] + records[30:])
    assert second.metric("newswatch_expired_articles_total") == 18
    assert "18 records of" in second.log.read_text()
    assert {alert["id"] for alert in watch.alerts()} == set(watch.scanned(records[:12] + records[30:]))

    # The same while a worker runs and cannot keep up: it reads everything that remains.
    second.signal(signal.SIGSTOP)
    more = articles("b", range(90), first=60)
    watch.produce(more)
    delete_until(watch, 60 + 75)
    second.signal(signal.SIGCONT)
    watch.wait_committed()
    lost = 75 - len(enriched(watch) & ids(more[:75]))  # some may have been in flight
    assert ids(more[75:]) <= enriched(watch)
    wait_until(lambda: second.metric("newswatch_expired_articles_total") == 18 + lost, 10, "not counted", watch)
    watch.stop()

    watch.produce(articles("c", range(5), first=200))
    delete_until(watch, 155)  # nothing is left
    for lost in (5, 0):
        third = watch.start().wait_ready()
        wait_until(lambda: watch.committed() == {0: 155}, 20, "it is not committed that nothing is left", watch)
        assert third.metric("newswatch_expired_articles_total") == lost
        watch.stop()
