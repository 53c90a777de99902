"""Other people's clients: what they write is read, and they read what is written, under every codec of every topic.

kcat and confluent-kafka (librdkafka), Kafka's own tools in Java, and the SDK of CloudEvents.
"""

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cloudevents.core.bindings import kafka as cloudevents
from cloudevents.core.v1.event import CloudEvent
from confluent_kafka import Consumer, Producer
from kafka.admin import ConfigResource, ConfigResourceType
from typer.testing import CliRunner

from streams.brokers.kafka_cluster import KafkaCluster, tool
from streams.cli import app
from streams.kafka.clients import admin_client
from streams.kafka.topics import changelog_topic
from tests.integration.streams.conftest import SETTINGS
from tests.rigs.stream import Stream

#: The codecs of Kafka's record format. The first is the broker's own, the others are the topics'.
CODECS = ("lz4", "none", "gzip", "snappy", "zstd")
#: What Java packs in its own way: snappy in frames, lz4 and zstd in blocks.
JAVA = ("snappy", "lz4", "zstd")
#: Every article counts for the last alert, which the worker sends after a restart: its facts came from the changelog.
ARTICLES = 28
RULES = f"""
rules:
  - {{name: floods, kind: match, where: {{text: flood}}}}
  - {{name: all, kind: frequency, where: {{text: flood}}, window: 1h, at_least: {ARTICLES}}}
""" + "".join(
    f"  - {{name: of-{name}, topic: alerts.{name}, kind: match, where: {{text: {name}}}}}\n" for name in CODECS
)
DAY = "2025-03-01T10:00:00Z"
TIMEOUT = 120.0
HEADERS = [("desk", b"osh"), ("desk", b"bishkek"), ("empty", b""), ("null", None), ("bytes", b"\xff\x00")]
BAD = b"<html>502 caf\xe9</html>"


def article(id_: str, text: str = "A flood.") -> dict[str, Any]:
    return {"id": id_, "text": text, "published_at": DAY, "received_at": DAY}


def encoded(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode()


class Clients:
    """The clients of one stream, and the ids of the articles that they have sent."""

    def __init__(self, watch: Stream) -> None:
        self.watch = watch
        self.brokers = watch.settings.brokers[0]
        self.topic = watch.settings.topic("articles")
        self.sent: list[str] = []

    def new(self, id_: str, text: str = "A flood.") -> dict[str, Any]:
        self.sent.append(id_)
        return article(id_, text)

    def configure(self, kind: ConfigResourceType, name: str, codec: str) -> None:
        value = "uncompressed" if codec == "none" else codec
        admin = admin_client(self.watch.settings)
        admin.alter_configs([ConfigResource(kind, name, configs={"compression.type": value})])
        admin.close()

    def confluent(self, value: bytes, codec: str = "none", **record: Any) -> None:
        producer = Producer({"bootstrap.servers": self.brokers, "compression.type": codec})
        producer.produce(self.topic, value=value, **record)
        assert producer.flush(TIMEOUT) == 0

    def kcat(self, *arguments: str, value: bytes = b"") -> bytes:
        command = ["kcat", "-b", self.brokers, *arguments]
        return subprocess.run(command, input=value, capture_output=True, check=True, timeout=TIMEOUT).stdout

    def java(self, main: str, *arguments: str, given: str | None = None) -> str:
        name = f"org.apache.kafka.tools.{main}"
        return tool(name, "--bootstrap-server", self.brokers, *arguments, given=given, timeout=TIMEOUT).stdout

    def newswatch(self, *arguments: str) -> str:
        flags = ["--brokers", self.brokers, "--set", f"topic_prefix={self.watch.settings.topic_prefix}"]
        done = CliRunner().invoke(app, [*arguments, *flags])
        assert done.exit_code == 0, done.output
        return done.stdout


def under_codec(clients: Clients, codec: str) -> None:
    """Give the broker or every topic this codec, and let each client produce with a codec of its own."""
    watch = clients.watch
    if codec == CODECS[0]:
        clients.configure(ConfigResourceType.BROKER, "1", codec)
    else:
        fixed = ("articles", "articles.enriched", "articles.dead", "observations", "alerts")
        for topic in (*map(watch.settings.topic, fixed), changelog_topic(watch.settings)):
            clients.configure(ConfigResourceType.TOPIC, topic, codec)
    clients.configure(ConfigResourceType.TOPIC, watch.settings.topic(f"alerts.{codec}"), codec)
    clients.kcat("-P", "-t", clients.topic, "-z", codec, value=encoded(clients.new(f"kcat-{codec}")))
    for own in CODECS if codec == "zstd" else (codec,):
        clients.confluent(encoded(clients.new(f"confluent-{own}-{codec}")), own, key=b"k")
    file = watch.folder / f"{codec}.jsonl"
    file.write_bytes(encoded(clients.new(f"ingest-{codec}")))
    clients.newswatch("ingest", str(file))
    watch.wait_committed()


def in_every_form(clients: Clients) -> None:
    """Headers without a key, a record that is no article, CloudEvents in both modes, Connect's envelope, transactions."""
    clients.confluent(encoded(clients.new("headers")), headers=HEADERS)
    clients.confluent(BAD, "lz4", key=b"\xff", headers=HEADERS)
    for mode, encode in (("structured", cloudevents.to_structured_event), ("binary", cloudevents.to_binary_event)):
        event = CloudEvent(attributes={"type": "news.article", "source": "/crawler"}, data=clients.new(mode))
        message = encode(event)
        clients.confluent(message.value, headers=list(message.headers.items()))
    clients.confluent(encoded({"schema": {"type": "struct", "fields": []}, "payload": clients.new("connect")}))
    producer = Producer({"bootstrap.servers": clients.brokers, "transactional.id": clients.topic})
    producer.init_transactions(TIMEOUT)
    producer.begin_transaction()
    producer.produce(clients.topic, value=encoded(article("aborted")))
    producer.flush(TIMEOUT)
    producer.abort_transaction(TIMEOUT)
    producer.begin_transaction()
    producer.produce(clients.topic, value=encoded(clients.new("committed")))
    producer.commit_transaction(TIMEOUT)


def by_console(clients: Clients, codec: str) -> None:
    """Produce with Kafka's console producer: header, key and value in one line."""
    line = f"desk:osh\tjava\t{json.dumps(clients.new(f'java-{codec}'))}\n"
    read = ("--reader-property", "parse.key=true", "--reader-property", "parse.headers=true")
    clients.java("ConsoleProducer", "--topic", clients.topic, "--compression-codec", codec, *read, given=line)


@pytest.fixture(scope="module")
def clients(kafka: KafkaCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clients]:
    """A worker that has read what every client wrote, under every codec, and was restarted before the last article."""
    if shutil.which("kcat") is None:
        missing = "kcat is not installed; run .ci/system-packages as root"
        if os.environ.get("NEWSWATCH_REQUIRE_KAFKA"):
            pytest.fail(missing)
        pytest.skip(missing)
    name = f"t{uuid.uuid4().hex[:10]}"
    folder = tmp_path_factory.mktemp("clients") / name
    with Stream(kafka.bootstrap_servers, name, folder, RULES, partitions=2, **SETTINGS) as watch:
        watch.create_topics(*(f"alerts.{codec}" for codec in CODECS))
        clients = Clients(watch)
        try:
            watch.start().wait_ready()
            with ThreadPoolExecutor() as threads:  # Java takes seconds to start
                consoles = [threads.submit(by_console, clients, codec) for codec in JAVA]
                for codec in CODECS:
                    under_codec(clients, codec)
                in_every_form(clients)
                for console in consoles:
                    console.result()
            watch.wait_committed()
            watch.stop()
            watch.start().wait_ready()
            clients.confluent(encoded(clients.new("last", "A flood of " + ", ".join(CODECS))))
            watch.wait_committed()
            assert len(clients.sent) == ARTICLES
            yield clients
        finally:
            clients.configure(ConfigResourceType.BROKER, "1", "producer")


def test_what_any_client_wrote_under_any_codec_is_read(clients: Clients) -> None:
    watch = clients.watch
    assert {json.loads(record.value)["id"] for record in watch.read("articles.enriched")} == set(clients.sent)
    alerts = [alert for alert in watch.alerts() if alert["rule"] == "floods"]
    assert len({alert["id"] for alert in alerts}) == ARTICLES


def test_a_worker_reads_its_own_topics_under_any_codec(clients: Clients) -> None:
    assert {alert["rule"] for alert in clients.watch.alerts()} == {"floods", "all", *(f"of-{name}" for name in CODECS)}


def test_a_dead_letter_is_byte_for_byte_what_the_client_wrote(clients: Clients) -> None:
    (letter,) = clients.watch.read("articles.dead")
    assert (letter.key, letter.value, letter.headers[: len(HEADERS)]) == (b"\xff", BAD, HEADERS)
    (listed,) = clients.newswatch("dead", "list", "--json").splitlines()
    assert json.loads(listed)["reason"] == "not_utf8"


def test_subscribe_reads_alerts_under_any_codec(clients: Clients) -> None:
    topics = [f"alerts.{codec}" for codec in CODECS]
    shown = clients.newswatch("subscribe", *topics, "--from-beginning", "--format", "json", "--max", str(len(CODECS)))
    assert {json.loads(line)["rule"] for line in shown.splitlines()} == {f"of-{codec}" for codec in CODECS}


def test_confluent_and_the_sdk_of_cloudevents_read_alerts(clients: Clients) -> None:
    topic = clients.watch.settings.topic("alerts")
    consumer = Consumer(
        {
            "bootstrap.servers": clients.brokers,
            "group.id": f"{topic}-confluent",
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
        }
    )
    consumer.subscribe([topic])
    events = []
    while (message := consumer.poll(TIMEOUT)) is not None and message.error() is None:
        read = cloudevents.KafkaMessage(dict(message.headers()), message.key(), message.value())
        events.append((cloudevents.from_binary_event(read), json.loads(message.value())))
    consumer.close()
    assert {alert["rule"] for _, alert in events} >= {"floods", "all"}
    for event, alert in events:
        assert event.get_type() == "newswatch.alert.v1"
        assert event.get_id() == f"{alert['id']}.{alert['revision']}"
        assert event.get_data() == alert


def test_kcat_reads_enriched_articles(clients: Clients) -> None:
    topic = clients.watch.settings.topic("articles.enriched")
    lines = clients.kcat("-C", "-t", topic, "-o", "beginning", "-e", "-q").splitlines()
    assert {json.loads(line)["id"] for line in lines} == set(clients.sent)


def test_kafkas_own_tools_read_alerts_and_see_no_lag(clients: Clients) -> None:
    topic = clients.watch.settings.topic("alerts.zstd")
    consumed = clients.java(
        "consumer.ConsoleConsumer", "--topic", topic, "--from-beginning", "--max-messages", "1", "--property",
        "print.headers=true",
    )  # fmt: skip
    headers, _, value = consumed.partition("\t")
    assert "ce_type:newswatch.alert.v1" in headers
    assert json.loads(value)["rule"] == "of-zstd"
    described = clients.java(
        "consumer.group.ConsumerGroupCommand", "--describe", "--group", clients.watch.settings.app_id
    )
    lags = [line.split()[5] for line in described.splitlines() if clients.topic in line.split()]
    assert lags == ["0", "0"]
