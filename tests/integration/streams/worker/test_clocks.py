"""Clocks of clients on real Kafka: fast, slow, in the wrong zone, of ten days ago.

Shown here: none of them moves event time, no right article is late, and every right article counts; what an earlier
version took over from such a client heals by itself; a topic that producers stamp is named with the command that lets
the broker do so; every partition has a commit, so that what is deleted unread is counted.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from kafka import KafkaProducer, TopicPartition

from streams.kafka.clients import admin_client
from streams.kafka.topics import changelog_topic
from streams.records.cloudevents import headers

New = Callable[..., Any]
Wait = Callable[..., None]

RULES = """
rules: [{name: quakes, kind: frequency, where: {text: quake}, group_by: [source], window: 1h, at_least: 3}]
"""
FAR = "2099-01-01T00:00:00Z"


def ago(**long: float) -> str:
    return (datetime.now(UTC) - timedelta(**long)).isoformat().replace("+00:00", "Z")


def three(source: str, **fields: Any) -> list[dict[str, Any]]:
    """Three articles of an outlet that must lead to an alert."""
    return [{"id": f"{source}-{n}", "text": f"A quake shook town {n}.", "source": source} | fields for n in range(3)]


def send(watch: Any, topic: str, *records: dict[str, Any]) -> None:
    producer = KafkaProducer(bootstrap_servers=watch.settings.brokers, acks="all")
    for future in [producer.send(topic, **record) for record in records]:
        future.get(60)
    producer.close()


def send_stamped(watch: Any, articles: list[dict[str, Any]], **long: float) -> None:
    """Send articles from a client whose clock is slow by so long."""
    stamp = int((datetime.now(UTC) - timedelta(**long)).timestamp() * 1000)
    records = [{"value": json.dumps(one).encode(), "timestamp_ms": stamp} for one in articles]
    send(watch, watch.settings.topic("articles"), *records)


def poison(watch: Any) -> None:
    """Leave behind what an earlier version did after an article of 2099, in every partition."""
    report = {
        "done": {"0": 0},
        "newest": {"0": FAR, "1": FAR},
        "horizon": FAR,
        "ends": {"0": 0, "1": 0},
        "pulses": [FAR],
    }
    progress = {"logs": {}, "watermark": FAR, "horizon": FAR, "version": 2}
    judged = {"type": "judged", "watermark": datetime(2099, 1, 1, tzinfo=UTC)}
    for number in range(watch.settings.partitions):
        send(
            watch,
            watch.settings.topic("observations"),
            *(
                {
                    "value": json.dumps(report).encode(),
                    "headers": headers("progress", f"{app_id}-17.5"),
                    "partition": number,
                }
                for app_id in (watch.settings.app_id, "another")
            ),
        )
        send(
            watch,
            changelog_topic(watch.settings),
            {"key": b"~progress 1", "value": json.dumps(progress).encode(), "partition": number},
            {"key": b"~judged " + FAR.encode() + b" 0", "value": msgspec.msgpack.encode(judged), "partition": number},
        )


def all_groups(watch: Any) -> set[str]:
    return {alert["group"]["source"] for alert in watch.alerts()}


def assert_event_time_is_right(worker: Any) -> None:
    marks = worker.watermarks()
    assert set(marks) == {"0", "1"}
    assert max(marks.values()) < datetime.now(UTC) + timedelta(minutes=15)
    assert min(marks.values()) > datetime.now(UTC) - timedelta(hours=1)


def test_no_clock_of_a_client_moves_event_time(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(RULES, partitions=2)
    watch.create_topics()
    poison(watch)
    watch.produce(
        [
            {"id": "2099", "text": "A rally.", "published_at": FAR, "received_at": FAR},
            {"id": "tomorrow", "text": "A rally.", "received_at": ago(days=-1)},
            {"id": "moscow", "text": "A rally.", "published_at": ago(hours=-3), "received_at": ago(hours=-3)},
        ]
    )
    worker = watch.start().wait_ready()
    watch.wait_committed()
    watch.produce(three("right", published_at=ago(minutes=1)))
    watch.produce(three("slow", published_at=ago(minutes=1), received_at=ago(hours=3)))
    watch.produce(three("very-slow", published_at=ago(minutes=1), received_at=ago(days=10)))
    watch.produce(three("undated"))
    send_stamped(watch, three("ten-days-old"), days=10)
    send_stamped(watch, three("epoch"), seconds=time.time() - 1)
    send_stamped(watch, three("fast"), minutes=-50)
    wait_until(
        lambda: all_groups(watch) == {"right", "slow", "very-slow", "undated", "ten-days-old", "epoch", "fast"},
        90,
        "right articles do not count",
        watch,
    )
    watch.wait_committed()
    wait_until(lambda: len(worker.watermarks()) == 2, 60, "event time does not move", watch)
    assert_event_time_is_right(worker)
    assert watch.late() == 0
    ahead = {labels["field"]: n for labels, n in worker.status.samples()["newswatch_times_ahead_total"]}
    assert (ahead["received_at"], ahead["published_at"], ahead["record"]) == (3, 2, 0)
    log = worker.log.read_text()
    assert "has progress reports of the app_id 'another'; they are ignored" in log
    assert "CreateTime" not in log
    oldest = min(record.timestamp for record in watch.read("articles")) / 1000
    assert oldest > time.time() - 3600, "retention would count from a client's time"


def test_a_topic_that_producers_stamp_is_named_and_guarded(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(RULES, partitions=2)
    watch.create_topics()
    watch.let_producers_stamp()
    send_stamped(watch, [{"id": f"ahead-{n}", "text": "A rally."} for n in range(4)], minutes=-55)
    worker = watch.start().wait_ready()
    watch.produce(three("right", published_at=ago(minutes=1)))
    watch.produce(three("undated"))
    wait_until(lambda: all_groups(watch) == {"right", "undated"}, 90, "right articles do not count", watch)
    watch.wait_committed()
    wait_until(lambda: len(worker.watermarks()) == 2, 60, "event time does not move", watch)
    assert_event_time_is_right(worker)
    assert watch.late() == 0
    ahead = {labels["field"]: n for labels, n in worker.status.samples()["newswatch_times_ahead_total"]}
    assert ahead["record"] == 4
    name = watch.settings.topic("articles")
    said = worker.log.read_text()
    assert f"{name}: message.timestamp.type is CreateTime, expected LogAppendTime" in said
    assert "`newswatch topics apply --brokers " in said


def commits(watch: Any) -> dict[tuple[str, int], int]:
    """The group's commits by topic and partition, also those of empty partitions."""
    admin = admin_client(watch.settings)
    try:
        found = admin.list_group_offsets({watch.settings.app_id: None}).get(watch.settings.app_id, {})
    finally:
        admin.close()
    return {(place.topic, place.partition): one.offset for place, one in found.items()}


def test_what_is_deleted_unread_is_counted_with_and_without_a_commit(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(RULES, partitions=3)
    watch.create_topics()
    name = watch.settings.topic("articles")
    watch.produce(three("before"), partition=0)
    delete(watch, TopicPartition(name, 0), 2)
    first = watch.start().wait_ready()
    everything = {(watch.settings.topic(topic), n) for topic in ("articles", "observations") for n in range(3)}
    wait_until(lambda: everything <= commits(watch).keys(), 60, "a partition has no commit", watch)
    assert [commits(watch)[name, n] for n in (1, 2)] == [0, 0]
    assert first.metric("newswatch_expired_articles_total") == 2
    watch.stop()

    for number in (1, 2):
        watch.produce(three(f"unread-{number}"), partition=number)
        delete(watch, TopicPartition(name, number), 1 + number)
    second = watch.start().wait_ready()
    wait_until(lambda: second.metric("newswatch_expired_articles_total") == 5, 60, "not all are counted", watch)
    assert "were deleted before they were read" in second.log.read_text()
    watch.wait_committed()


def delete(watch: Any, place: TopicPartition, until: int) -> None:
    """Delete the records below an offset, as retention does."""
    admin = admin_client(watch.settings)
    try:
        admin.delete_records({place: until})
    finally:
        admin.close()
