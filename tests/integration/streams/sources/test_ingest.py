"""`newswatch ingest` keeps at most half the lateness of event time unacknowledged: the contract of the watermark.

Checked with a paused broker, which accepts connections and acknowledges nothing.
"""

import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kafka.admin import ConfigResource, ConfigResourceType

from streams.brokers.kafka_cluster import KafkaCluster
from streams.kafka.clients import admin_client
from streams.kafka.topics import TopicsMissingError
from streams.records.article import decode_article
from streams.sources.feed import MAX_IN_FLIGHT_BYTES, MAX_UNACKNOWLEDGED, Feed, UnacknowledgedError, feed, stamp
from streams.sources.files import Line

START = datetime(2020, 5, 1, tzinfo=UTC)
APART = timedelta(minutes=10)
#: The first article, and those at most half an hour after it.
AHEAD = MAX_UNACKNOWLEDGED // APART + 1


@contextmanager
def sent_to_a_stopped_broker(kafka: KafkaCluster, feed: Feed, send: Callable[[Feed], None]) -> Iterator[None]:
    """Within the block, the broker does not answer; afterwards it does, and has received everything."""
    os.kill(kafka.pid(1), signal.SIGSTOP)
    try:
        sending = threading.Thread(target=send, args=(feed,))
        sending.start()
        yield
    finally:
        os.kill(kafka.pid(1), signal.SIGCONT)
    sending.join(30)
    feed.flush()


def test_without_its_topic_ingest_ends_at_once_and_says_what_to_do(new_watch: Callable[..., Any]) -> None:
    watch = new_watch("rules: [{name: floods, kind: match, where: {text: flood}}]")
    with pytest.raises(TopicsMissingError, match="newswatch topics create"):
        Feed(watch.settings)


def test_unacknowledged_articles_span_half_the_lateness(
    new_watch: Callable[..., Any], wait_until: Callable[..., None], kafka: KafkaCluster
) -> None:
    watch = new_watch("rules: [{name: floods, kind: match, where: {text: flood}}]")
    watch.create_topics()
    sent: list[int] = []
    acknowledged: list[int] = []

    def send(feed: Feed) -> None:
        for number in range(1, 20):
            record = {"id": f"a{number}", "text": "A flood.", "published_at": (START + number * APART).isoformat()}
            feed.send(json.dumps(record).encode(), lambda _, number=number: acknowledged.append(number))
            sent.append(number)

    with Feed(watch.settings) as feed:
        feed.send(json.dumps({"id": "first", "text": "A flood.", "published_at": "2020-01-01"}).encode())
        feed.flush()
        with sent_to_a_stopped_broker(kafka, feed, send):
            wait_until(lambda: len(sent) == AHEAD, 10, "it does not send")
            time.sleep(2)
            assert (len(sent), acknowledged) == (AHEAD, []), "it ran ahead of what is acknowledged"
    assert acknowledged == list(range(1, 20))
    assert len(watch.read("articles")) == 20


def test_unacknowledged_bytes_are_limited_and_reported(
    new_watch: Callable[..., Any], wait_until: Callable[..., None], kafka: KafkaCluster
) -> None:
    """Articles without a date are all from now, so the watermark's contract does not hold them back."""
    watch = new_watch("rules: [{name: floods, kind: match, where: {text: flood}}]")
    watch.create_topics()
    record = json.dumps({"text": "A flood. " * (MAX_IN_FLIGHT_BYTES // 9 // 40)}).encode()
    room = MAX_IN_FLIGHT_BYTES // len(stamp(decode_article(record), datetime.now(UTC)))
    sent: list[int] = []
    told = ["file:1", "file:2"]

    def send(feed: Feed) -> None:
        for number in range(room + 5):
            feed.send(record, place=f"file:{number}")
            sent.append(number)

    with Feed(watch.settings) as feed:
        feed.send(record)
        feed.flush()
        with sent_to_a_stopped_broker(kafka, feed, send):
            wait_until(lambda: len(sent) == room, 20, "it does not send")
            time.sleep(1)
            assert len(sent) == room, "it ran ahead of what is acknowledged"
        assert (feed.acknowledged, feed.unacknowledged) == (room + 6, [])
    stopped = Feed(watch.settings)
    try:
        with suppress(KeyboardInterrupt), stopped:
            stopped.send(record)
            stopped.flush()
            os.kill(kafka.pid(1), signal.SIGSTOP)
            for place in told:
                stopped.send(record, place=place)
            raise KeyboardInterrupt
    finally:
        os.kill(kafka.pid(1), signal.SIGCONT)
    assert (stopped.acknowledged, stopped.unacknowledged) == (1, told)


def test_a_record_that_the_topic_does_not_take_is_named_with_the_remedy(new_watch: Callable[..., Any]) -> None:
    watch = new_watch("rules: [{name: floods, kind: match, where: {text: flood}}]")
    watch.create_topics()
    topic = watch.settings.topic("articles")
    admin = admin_client(watch.settings)
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs={"max.message.bytes": "50000"})])
    admin.close()
    long = random.Random(1).randbytes(60_000).hex()
    lines = [
        Line("f.jsonl", number, json.dumps({"text": text}).encode()) for number, text in ((1, "A flood."), (2, long))
    ]
    said = rf"f.jsonl:2: not acknowledged: {topic} refuses a record of 120\d\d\d bytes; raise its max.message.bytes, or"
    with pytest.raises(UnacknowledgedError, match=said), Feed(watch.settings) as connection:
        feed(connection, lines, lambda: None, lambda _: None)
    assert len(watch.read("articles")) == 1
