"""Collectors on real Kafka: killed, taken over in the middle of their work, and with a door."""

import json
import socket
import urllib.request
from pathlib import Path

import msgspec
import pytest

from streams.brokers.kafka_cluster import KafkaCluster
from streams.collector.delivery import Delivery
from streams.collector.position import Pending, Position
from streams.collector.run import run_collector
from streams.kafka.topics import TopicsMissingError, create_topics, topic_specs
from streams.records.article import Article
from streams.settings import Settings, load_settings
from streams.sources.feed import Feed
from tests.rigs.collecting import collector, kill_and_compare
from tests.rigs.command import newswatch
from tests.rigs.topics import records
from tests.rigs.waiting import wait_until


@pytest.fixture
def settings(kafka: KafkaCluster, prefix: str) -> Settings:
    return load_settings(brokers=kafka.bootstrap_servers, app_id=prefix, topic_prefix=f"{prefix}.", partitions=2)


def test_a_collector_that_is_killed_neither_loses_nor_repeats(settings: Settings, tmp_path: Path) -> None:
    kill_and_compare(settings, tmp_path, kills=3)


def test_a_successor_sends_what_its_predecessor_had_begun_and_not_sent(settings: Settings) -> None:
    create_topics(settings, topic_specs(settings))
    articles = [Article(id=f"{n}", text=f"Flood {n}.", received_at="2025-11-03T09:00:00Z") for n in range(6)]
    stored: list[Position] = []
    with Feed(settings) as feed:
        delivery = Delivery(settings, feed)
        before = delivery.send("a", Position(), articles[:2], stored.append)
        pending = Pending({0: 0, 1: 0}, tuple(msgspec.Raw(msgspec.json.encode(one)) for one in articles))
        interrupted = msgspec.structs.replace(before, pending=pending)
        for one in articles[2:4]:
            feed.send(msgspec.json.encode(one))
        feed.flush()
        position = delivery.resume("a", interrupted, stored.append)
        delivery.close()
    assert sorted(record.key.decode() for record in records(settings, "articles")) == [f"{n}" for n in range(6)]
    assert position.items.keys() == {f"{n}" for n in range(6)}
    assert (position.pending, stored[-1]) == (None, position)


def test_a_collector_takes_articles_at_its_door_and_ends_on_request(settings: Settings, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (tmp_path / "sources.yaml").write_text("sources: [{url: 'http://127.0.0.1:9/', interval: 1h}]")
    closed = settings.model_copy(update={"create_topics": False})
    with pytest.raises(TopicsMissingError, match="create them with `newswatch topics create --sources`"):
        run_collector(closed, ())
    given = {"brokers": ",".join(settings.brokers), "topic_prefix": settings.topic_prefix, "app_id": settings.app_id}
    options = [word for pair in given.items() for word in ("--set", "=".join(pair))]
    made = newswatch("topics", "create", "--sources", *options)
    assert made.returncode == 0, made.stderr
    assert "sources.positions" in made.stdout
    running = collector(settings, tmp_path, "door", "--http", f"127.0.0.1:{port}")
    try:
        wait_until(lambda: "POST articles to" in running.log.read_text(), 120, "the door stays closed", running)
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/articles",
            b'{"id":"a","text":"A flood."}\n{"text":"Another."}',
            {"Content-Type": "application/x-ndjson"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == 202
            ids = json.loads(answer.read())["ids"]
        found = list(records(settings, "articles"))
        assert {record.key.decode() for record in found} == set(ids)
        assert running.stop(60) == 143, running.logs()
    finally:
        running.kill()
