"""A secured Kafka: each role can do its work and nothing else under its ACLs; by password and by certificate."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.errors import KafkaError
from pydantic import SecretStr

from streams.brokers.closed_kafka import ClosedKafka
from streams.brokers.kafka_cluster import KafkaCluster
from streams.brokers.security import ADMIN
from streams.kafka.access import Grant, apply, command, grants
from streams.kafka.clients import admin_client, connection
from streams.kafka.topics import changelog_topic
from streams.monitoring.scrape import WorkerStatus, total
from streams.records.dead_letter import DeadLetter
from streams.settings import Settings, load_settings
from tests.rigs.processes import Program
from tests.rigs.raw_server import ok, raw_server
from tests.rigs.topics import partitions_of
from tests.rigs.waiting import wait_until
from tests.rigs.worker import Worker

RULES = """
rules:
  - {name: floods, kind: match, where: {text: flood}, topic: alerts.desk}
  - {name: many-floods, kind: frequency, where: {text: flood}, window: 1h, at_least: 3, topic: alerts.many}
"""
RULE_TOPICS = ("alerts.desk", "alerts.many")
ARTICLES = [
    {"id": f"a{n}", "text": f"Report {n}: the flood rose.", "published_at": f"2025-03-01T10:0{n}:00Z"} for n in range(5)
]


@pytest.fixture(scope="module", params=["SASL_SSL", "SSL"])
def closed(
    request: pytest.FixtureRequest, kafka: KafkaCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ClosedKafka]:
    """Brokers that authenticate by password (SCRAM-SHA-512) or by certificate (mutual TLS)."""
    del kafka  # only for its skip
    folder = tmp_path_factory.mktemp("closed")
    (folder / "rules").mkdir()
    (folder / "rules" / "rules.yaml").write_text(RULES)
    deployment = load_settings(app_id="watch", topic_prefix="press.", partitions=2, rules=folder / "rules")
    with ClosedKafka(folder / "users", deployment, RULE_TOPICS, protocol=request.param) as cluster:
        yield cluster


def environment(closed: ClosedKafka, user: str) -> dict[str, str]:
    """The variables of `. USER.env`, and the deployment's names."""
    lines = closed.file(user).read_text().splitlines()
    given = dict(line.removeprefix("export ").split("=", 1) for line in lines)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("NEWSWATCH_", "KAFKA_"))}
    deployment = closed.settings(user)
    return clean | given | {
        "NEWSWATCH_APP_ID": "watch",
        "NEWSWATCH_TOPIC_PREFIX": "press.",
        "NEWSWATCH_RULES": str(deployment.rules),
    }  # fmt: skip


def newswatch(closed: ClosedKafka, user: str, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "streams.cli", *arguments]
    done = subprocess.run(command, env=environment(closed, user), capture_output=True, text=True, timeout=60)
    assert done.returncode == status, f"{user}: {arguments}\n{done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def worker(closed: ClosedKafka, tmp_path: Path) -> Iterator[WorkerStatus]:
    """A worker with the role `worker`."""
    settings = load_settings(session_timeout_seconds=6.0, heartbeat_seconds=1.0)
    worker = Worker(settings, tmp_path / "worker.log", environment=environment(closed, "worker"))
    try:
        yield worker.wait_ready().status
        worker.require_running()
        assert "Authorization" not in worker.log.read_text()
    finally:
        worker.stop()


def end(settings: Settings, topic: str) -> int:
    consumer = KafkaConsumer(**connection(settings))
    ends = consumer.end_offsets(partitions_of(consumer, topic))
    consumer.close()
    return sum(ends.values())


def test_every_role_does_its_work(closed: ClosedKafka, worker: WorkerStatus, tmp_path: Path) -> None:
    del worker
    file = tmp_path / "articles.jsonl"
    file.write_text("\n".join(map(json.dumps, ARTICLES)) + '\n{"text": 5}\n')
    said = newswatch(closed, "producer", "ingest", str(file), status=2).stderr
    assert "6 records read (wrong_type 1); 5 articles sent" in said

    follow = ("--from-beginning", "--format", "json", "--group", "watch-subscriber-desk", "--max")
    said = newswatch(closed, "subscriber", "subscribe", "alerts.desk", *follow, "5").stdout
    assert {json.loads(line)["rule"] for line in said.splitlines()} == {"floods"}
    said = newswatch(closed, "subscriber", "subscribe", "alerts.many", *follow, "1").stdout
    assert json.loads(said.splitlines()[0])["rule"] == "many-floods"
    assert end(closed.settings(ADMIN), changelog_topic(closed.settings(ADMIN))) > 0

    deadline = time.monotonic() + 60
    while not (said := newswatch(closed, "operator", "dead", "list", "--json", "--reason", "wrong_type").stdout):
        assert time.monotonic() < deadline
    assert json.loads(said.splitlines()[0])["topic"] == "press.articles"
    assert "1 dead letter replayed" in newswatch(closed, "operator", "dead", "replay").stderr
    assert "0 dead letters replayed" in newswatch(closed, "operator", "dead", "replay").stderr

    newswatch(closed, "topics", "topics", "create", "--sources")
    before = end(closed.settings(ADMIN), "press.articles")
    feed = b"<rss version='2.0'><channel><item><title>A flood</title></item></channel></rss>"
    with raw_server({"/rss": ok(feed)}) as server:
        (tmp_path / "sources.yaml").write_text(f"sources: [{{url: '{server}/rss', private: true}}]")
        options = ["--config", str(tmp_path / "sources.yaml"), "--set", "create_topics=false", "--metrics-port", "0"]
        words = [sys.executable, "-m", "streams.cli", "collect", *options]
        running = Program(words, tmp_path / "collector.log", environment(closed, "collector"))
        try:
            wait_until(lambda: end(closed.settings(ADMIN), "press.articles") > before, 120, "nothing came", running)
        finally:
            running.stop()

    described = newswatch(closed, "topics", "topics", "describe", "--json").stdout
    assert all(json.loads(line)["exists"] for line in described.splitlines())


@contextmanager
def without(closed: ClosedKafka, role: str, *rights: Grant) -> Iterator[None]:
    """Revoke rights of a role within the block."""
    literal = ACLResourcePatternType.LITERAL
    admin = admin_client(closed.settings(ADMIN))
    for right in rights:
        name = ResourcePatternFilter(ResourceType[right.resource.upper()], right.name, literal)
        operation = ACLOperation[right.operation]
        admin.delete_acls([ACLFilter(f"User:{role}", None, operation, ACLPermissionType.ANY, name)])
    admin.close()
    try:
        yield
    finally:
        apply(closed.settings(ADMIN), rights, role)


@contextmanager
def closed_to(closed: ClosedKafka, role: str, topic: str, *operations: str) -> Iterator[None]:
    """Deny a role these operations on a topic within the block."""
    pattern = ResourcePattern(ResourceType.TOPIC, topic, ACLResourcePatternType.LITERAL)
    denied = [
        ACL(f"User:{role}", "*", ACLOperation[operation], ACLPermissionType.DENY, pattern) for operation in operations
    ]
    admin = admin_client(closed.settings(ADMIN))
    try:
        assert not admin.create_acls(denied)["failed"]
        yield
        admin.delete_acls(denied)
    finally:
        admin.close()


@pytest.mark.parametrize("closed", ["SASL_SSL"], indirect=True)  # the rights are the same with certificates
def test_a_right_withdrawn_on_one_alert_topic_costs_that_topic(
    closed: ClosedKafka, worker: WorkerStatus, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    settings, log = closed.settings(ADMIN), tmp_path / "worker.log"
    logged, own = SimpleNamespace(logs=log.read_text), "press.alerts.desk"
    before, every = end(settings, own), end(settings, "press.alerts")
    file = tmp_path / "articles.jsonl"
    sent = 0

    def send() -> None:
        nonlocal sent
        sent += 1
        text = f"Report {sent} to {settings.security_protocol}: the flood rose."
        file.write_text(json.dumps({"id": f"w{sent}", "text": text, "published_at": "2024-03-01T10:00:00Z"}))
        newswatch(closed, "producer", "ingest", str(file))

    def lost() -> float:
        return total(worker.samples(), "newswatch_undelivered_alerts_total")

    def withdrawn(*operations: str) -> None:
        counted = lost()
        with closed_to(closed, "worker", own, *operations):
            wait_until(lambda: (send(), lost())[1] > counted, 90, "the alert is not counted", logged, every=1)
            there, counted = end(settings, own), lost()
            send()
            wait_until(lambda: lost() > counted, 60, "the next alert is not counted", logged)
            assert end(settings, own) == there
        wait_until(lambda: (send(), end(settings, own))[1] > there, 90, "no alert again", logged, every=2)

    withdrawn("WRITE")
    withdrawn("WRITE", "DESCRIBE")
    said = log.read_text()
    assert said.count(f"this user may not write the topic {own} any more; its records are left out until it may") == 2
    assert f"records go to the topic {own} again" in said
    wait_until(lambda: end(settings, "press.alerts") >= every + sent, 60, "alerts are missing", logged)
    assert end(settings, own) - before + lost() >= sent
    assert worker.ready()


def test_a_worker_that_lacks_rights_names_them_all_at_once(closed: ClosedKafka, tmp_path: Path) -> None:
    reads = [Grant("topic", "press.observations", False, "READ"), Grant("group", "watch", False, "READ")]
    with without(closed, "worker", *reads):
        said = newswatch(closed, "worker", "worker", "--set", f"data_dir={tmp_path}", status=2).stderr
    assert said.endswith(
        "newswatch: this user lacks rights of the role worker: READ on topic press.observations, READ on group watch; "
        "grant them with `newswatch topics grant worker USER`\n"
    )


def test_without_the_right_to_transactions_nothing_is_replayed(closed: ClosedKafka) -> None:
    """As with the role of an earlier version: it may write to the target topics, and not in transactions."""
    settings = closed.settings("operator")
    at = DeadLetter(
        reason="no_text", message="no text", error="BadArticleError", stage="decode", topic="press.articles",
        partition=0, offset=10**6, timestamp=datetime.now(UTC), key=b"k", value=b'{"text": ""}',
    )  # fmt: skip
    sender = KafkaProducer(**connection(closed.settings(ADMIN)))
    sender.send("press.articles.dead", key=at.key, value=at.value, headers=at.all_headers()).get(10)
    sender.close()
    before = end(closed.settings(ADMIN), "press.articles")
    (right,) = (one for one in grants(settings, "operator") if one.resource == "transactional_id")
    with without(closed, "operator", right):
        said = newswatch(closed, "operator", "dead", "replay", status=2).stderr
    assert said == (
        "newswatch: this user may not write in transactions as 'press.articles.dead.replayed'; "
        "grant the right with `newswatch topics grant operator USER`\n"
    )
    assert end(closed.settings(ADMIN), "press.articles") == before
    assert "1 dead letter replayed" in newswatch(closed, "operator", "dead", "replay").stderr


WRITES = {
    "producer": {"articles"},
    "worker": {"articles.enriched", "articles.dead", "observations", "alerts", "alerts.many", "alerts.desk"},
    "subscriber": set(),
    "operator": {"articles", "observations", "articles.dead.replayed", "alerts", "alerts.many", "alerts.desk"},
    "topics": set(),
}
READS = {
    "producer": set(),
    "worker": {"articles", "observations"},
    "subscriber": {"alerts", "alerts.many", "alerts.desk"},
    "operator": {"articles.dead", "articles.dead.replayed"},
    "topics": set(),
}
TOPICS = WRITES["worker"] | {"articles", "articles.dead.replayed"}


def own_topics(settings: Settings, role: str, topics: set[str]) -> set[str]:
    """Full names; only the worker uses the changelog."""
    return {*map(settings.topic, topics), *({changelog_topic(settings)} if role == "worker" else ())}


@pytest.mark.parametrize("role", WRITES)
def test_a_role_writes_only_where_it_must(closed: ClosedKafka, role: str) -> None:
    settings = closed.settings(role)
    refused: dict[str, str] = {}
    for topic in (*map(settings.topic, TOPICS), changelog_topic(settings)):
        producer = KafkaProducer(**connection(settings), max_block_ms=5000, acks="all", enable_idempotence=True)
        try:
            producer.send(topic, key=b"probe", value=None, headers=[("probe", b"1")]).get(10)
        except KafkaError as error:
            refused[topic] = repr(error)
        producer.close()
    assert all("Authorization" in error for error in refused.values()), refused
    everything = own_topics(settings, "worker", TOPICS)
    assert everything - set(refused) == own_topics(settings, role, WRITES[role])


@pytest.fixture(scope="module")
def probed(closed: ClosedKafka) -> set[str]:
    """Every topic, each with a record in its first partition."""
    settings = closed.settings(ADMIN)
    topics = own_topics(settings, "worker", TOPICS)
    producer = KafkaProducer(**connection(settings))
    for future in [producer.send(topic, key=b"probe", value=None, partition=0) for topic in topics]:
        future.get(10)
    producer.close()
    return topics


@pytest.mark.parametrize("role", READS)
def test_a_role_reads_only_where_it_must(closed: ClosedKafka, probed: set[str], role: str) -> None:
    settings = closed.settings(role)
    got, refused = set(), {}
    for topic in probed:
        consumer = KafkaConsumer(**connection(settings), enable_auto_commit=False)
        if topic in consumer.topics():
            consumer.assign([TopicPartition(topic, 0)])
            try:
                consumer.seek_to_beginning()
                if consumer.poll(timeout_ms=5000):
                    got.add(topic)
            except KafkaError as error:
                refused[topic] = repr(error)
        consumer.close()
    assert all("Authorization" in error for error in refused.values()), refused
    assert got == own_topics(settings, role, READS[role])


@pytest.mark.parametrize("role", ["producer", "worker", "subscriber", "operator"])
def test_only_one_role_creates_topics_and_none_changes_acls(closed: ClosedKafka, role: str) -> None:
    admin = admin_client(closed.settings(role))
    try:
        with pytest.raises(KafkaError, match="Authorization"):
            admin.create_topics({f"press.{role}": {"num_partitions": 1, "replication_factor": 1}})
    finally:
        admin.close()
    assert "the brokers reject the ACLs" in newswatch(closed, role, "topics", "grant", "worker", role, status=2).stderr


def test_another_roles_group_is_denied(closed: ClosedKafka) -> None:
    said = newswatch(
        closed, "subscriber", "subscribe", "alerts", "--from-beginning", "--max", "1", "--group", "watch", status=2
    )
    assert said.stderr == (
        "newswatch: this user lacks the right to consumer group watch; grant the rights of a role with "
        "`newswatch topics grant ROLE USER`\n"
    )


def test_a_denied_topic_is_one_message(closed: ClosedKafka) -> None:
    said = newswatch(closed, "producer", "subscribe", "alerts", "--from-beginning", "--max", "1", status=2).stderr
    assert "press.alerts" in said
    file = closed.file("subscriber").with_name("one.jsonl")
    file.write_text(json.dumps(ARTICLES[0]))
    said = newswatch(closed, "subscriber", "ingest", str(file), status=2).stderr
    assert "press.articles" in said


def test_a_worker_may_not_create_topics(closed: ClosedKafka, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("rules: [{name: x, kind: match, where: {text: y}, topic: alerts.elsewhere}]")
    for create in ("true", "false"):
        flags = ("--rules", str(tmp_path), "--set", f"create_topics={create}", "--set", f"data_dir={tmp_path}")
        said = newswatch(closed, "worker", "worker", *flags, status=2).stderr
        assert "missing topics: press.alerts.elsewhere" in said


def test_aiokafka_is_denied_in_the_same_way(closed: ClosedKafka) -> None:
    async def scenario(settings: Settings) -> None:
        options: dict[str, Any] = {
            "bootstrap_servers": settings.brokers,
            "security_protocol": settings.security_protocol,
            "ssl_context": settings.ssl_context(),
        }
        if settings.sasl_username:
            options |= {
                "sasl_mechanism": settings.sasl_mechanism,
                "sasl_plain_username": settings.sasl_username,
                "sasl_plain_password": settings.password(),
            }
        producer = AIOKafkaProducer(**options, enable_idempotence=True, request_timeout_ms=5000)
        await producer.start()
        with pytest.raises(Exception, match="Authorization"):
            await producer.send_and_wait("press.articles", b"x")
        await producer.send_and_wait("press.articles.dead", b"x")
        await producer.stop()
        consumer = AIOKafkaConsumer(**options, request_timeout_ms=5000)
        await consumer.start()
        consumer.assign([TopicPartition("press.alerts", 0)])
        with pytest.raises(Exception, match="Authorization"):
            await asyncio.wait_for(consumer.getone(), 10)
        await consumer.stop()

    asyncio.run(scenario(closed.settings("worker")))


def test_unauthenticated_clients_are_denied(closed: ClosedKafka) -> None:
    known = closed.settings("worker")
    secret = {"sasl_password": SecretStr("wrong"), "sasl_password_file": None} if known.sasl_username else {}
    certificate = {} if known.sasl_username else {"ssl_certificate_location": None, "ssl_key_location": None}
    for change in ({"security_protocol": "PLAINTEXT"}, secret or certificate):
        settings = known.model_copy(update=change)
        options = connection(settings) | {"bootstrap_timeout_ms": 1000}
        with pytest.raises(KafkaError):
            KafkaConsumer("press.alerts", **options).poll(timeout_ms=3000)
    stranger = known.model_copy(update={"ssl_ca_location": None})  # a client that trusts another authority
    with pytest.raises(KafkaError):
        KafkaConsumer("press.alerts", **connection(stranger) | {"bootstrap_timeout_ms": 1000}).poll(timeout_ms=3000)


def test_the_printed_commands_work_with_kafkas_own_tool(closed: ClosedKafka) -> None:
    said = newswatch(closed, "admin", "topics", "grant", "subscriber", "desk-1", "--print").stdout.splitlines()
    settings = closed.settings(ADMIN)
    assert said == [command(settings, one, "desk-1") for one in grants(settings, "subscriber", RULE_TOPICS)]
    assert any("--topic press.alerts. --resource-pattern-type prefixed --operation Read" in line for line in said)
    (right,) = (one for one in grants(settings, "operator") if one.resource == "transactional_id")
    written = "--transactional-id press.articles.dead.replayed --operation Write"
    assert written in command(settings, right, "desk-2")
    unknown = newswatch(closed, "admin", "topics", "grant", "subscribe", "desk-1", status=2).stderr
    assert "did you mean 'subscriber'?" in unknown
