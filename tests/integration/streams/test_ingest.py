"""`newswatch ingest` keeps at most half the lateness of event time unacknowledged: the contract of the watermark.

Held against a broker that stands still, which takes connections and acknowledges nothing.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from streams.ingest import MAX_UNACKNOWLEDGED, Feed
from streams.kafka_dev import KafkaCluster
from streams.topics import TopicsMissingError

pytestmark = pytest.mark.kafka

START = datetime(2020, 5, 1, tzinfo=UTC)
APART = timedelta(minutes=10)
#: The first, and those that are at most half an hour after it.
AHEAD = MAX_UNACKNOWLEDGED // APART + 1


def test_without_its_topic_it_ends_at_once_and_says_what_to_do(new_watch: Callable[..., Any]) -> None:
    watch = new_watch("rules: [{name: floods, kind: match, where: {text: flood}}]")
    with pytest.raises(TopicsMissingError, match="newswatch topics create"):
        Feed(watch.settings)


def test_what_is_not_acknowledged_spans_half_the_lateness(
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
        os.kill(kafka.pid(1), signal.SIGSTOP)
        try:
            sending = threading.Thread(target=send, args=(feed,))
            sending.start()
            wait_until(lambda: len(sent) == AHEAD, 10, "it does not send")
            time.sleep(2)
            assert (len(sent), acknowledged) == (AHEAD, []), "it ran ahead of what is acknowledged"
        finally:
            os.kill(kafka.pid(1), signal.SIGCONT)
        sending.join(30)
        feed.flush()
    assert acknowledged == list(range(1, 20))
    assert len(watch.read("articles")) == 20
