"""`newswatch ingest` keeps at most half the lateness of event time unacknowledged: the contract of the watermark.

Checked with a paused broker, which accepts connections and acknowledges nothing.
"""

import json
import os
import random
import re
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType
from typer.testing import CliRunner

from streams.brokers.kafka_cluster import KafkaCluster
from streams.cli import app
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


def lines(texts: Iterable[str]) -> list[Line]:
    return [Line("f.jsonl", number, json.dumps({"text": text}).encode()) for number, text in enumerate(texts, start=1)]


def alter(watch: Any, **config: Any) -> None:
    admin = admin_client(watch.settings)
    given = {name.replace("_", "."): str(value) for name, value in config.items()}
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, watch.settings.topic("articles"), configs=given)])
    admin.close()


def noise(bytes_: int) -> str:
    """Text that packs to this size."""
    return random.Random(bytes_).randbytes(bytes_).hex()


def fed(watch: Any, articles: Sequence[Line]) -> tuple[Feed, list[str]]:
    """A feed that has sent these articles, and what was told of those that were refused."""
    told: list[str] = []
    with Feed(watch.settings, told.append) as connection:
        feed(connection, articles, lambda: None, told.append)
    return connection, told


def test_a_record_that_the_topic_refuses_costs_no_other(
    new_watch: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    watch = new_watch("rules: [{name: floods, kind: match, where: {text: flood}}]", partitions=2)
    watch.create_topics()
    topic = watch.settings.topic("articles")
    alter(watch, max_message_bytes=50_000)
    large = {1, 2, 30, 31, 77, 300}
    texts = [noise(60_000) if number in large else f"Flood {number}." for number in range(1, 301)]
    connection, told = fed(watch, lines(texts))
    assert connection.unacknowledged == []
    assert connection.acknowledged == len(texts) - len(large)
    arrived = [json.loads(record.value)["text"] for record in watch.read("articles")]
    assert sorted(arrived) == sorted(text for text in texts if text.startswith("Flood")), "each once"
    assert sorted(int(said.split(":")[1]) for said in told) == sorted(large)
    said = re.compile(
        rf"f.jsonl:\d+: not sent: {topic} refuses the record of 120,\d+ bytes, before compression "
        r"\(MESSAGE_TOO_LARGE\); its max.message.bytes is 50,000. Raise it: kafka-configs.sh .* --add-config max.mess"
    )
    assert all(said.match(one) for one in told), told

    # Without somebody to tell it to, the refusal ends the feed.
    with pytest.raises(UnacknowledgedError, match=said), Feed(watch.settings) as connection:
        feed(connection, lines([texts[0]]), lambda: None, told.append)

    # The command says the same, sends the rest, and its exit status says that some were refused.
    articles = tmp_path / "some.jsonl"
    articles.write_bytes(b"\n".join(line.value for line in lines(["Flood a.", texts[0], "Flood b."])))
    flags = ["--brokers", watch.settings.brokers[0], "--set", f"topic_prefix={watch.settings.topic_prefix}"]
    done = CliRunner().invoke(app, ["ingest", str(articles), "--json", *flags])
    assert done.exit_code == 2, done.output
    assert f"{articles}:2: not sent: {topic} refuses the record" in done.stderr
    told_by_json = json.loads(done.stdout)
    expected = {"sent": 2, "topic": topic, "refused": 1, "unacknowledged": 0, "read": 3, "refused_by_reason": {}}
    assert {name: told_by_json[name] for name in expected} == expected

    # A record that a compacted topic does not take, for it has no key: none of its batch is lost.
    alter(watch, max_message_bytes=8 * 2**20, cleanup_policy="compact")
    before = len(watch.read("articles"))
    some = lines(f"Key {number}." for number in range(40))
    some[5:5] = [Line("g.jsonl", 5, b"no article"), Line("g.jsonl", 6, b"nor this")]
    connection, told = fed(watch, some)
    assert (connection.acknowledged, len(watch.read("articles")) - before) == (40, 40)
    assert sorted(said.split()[0] for said in told) == ["g.jsonl:5:", "g.jsonl:6:"]
    assert all("(INVALID_RECORD); its cleanup.policy is compact; a compacted topic takes no" in said for said in told)

    # A clock that is wrong for some: each of these is told, and those with the right time are sent.
    alter(watch, message_timestamp_type="CreateTime", message_timestamp_after_max_ms=3_600_000)
    wrong, send = iter([0, 0, 7200, 7200, 0, 7200, 0]), KafkaProducer.send

    def send_stamped(producer: KafkaProducer, topic: str, **options: Any) -> Any:
        return send(producer, topic, timestamp_ms=int((time.time() + next(wrong)) * 1000), **options)

    monkeypatch.setattr(KafkaProducer, "send", send_stamped)
    before = len(watch.read("articles"))
    connection, told = fed(watch, lines(f"Clock {number}." for number in range(7)))
    assert (connection.acknowledged, len(watch.read("articles")) - before) == (4, 4)
    assert sorted(int(said.split(":")[1]) for said in told) == [3, 4, 6]
    assert all("(INVALID_TIMESTAMP); this machine's clock and the broker's differ. Set them" in said for said in told)
