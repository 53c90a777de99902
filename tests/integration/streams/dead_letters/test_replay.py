"""`dead replay` replays each letter once for readers of committed records, despite concurrent runs and kills."""

import logging
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import UnsupportedVersionError
from typer.testing import CliRunner

from streams.brokers.embedded import EmbeddedBroker
from streams.brokers.kafka_cluster import KafkaCluster
from streams.cli import app
from streams.dead_letters import replay as replay_module
from streams.dead_letters.letters import Wanted, read_letters
from streams.dead_letters.replay import ReplayEndedError, replay
from streams.kafka import transactions
from streams.kafka.topics import ARTICLES, DEAD, REPLAYED, changelog_topic, create_topics, topic_specs
from streams.records.dead_letter import DeadLetter
from streams.settings import Settings, load_settings
from tests.rigs.topics import records
from tests.rigs.waiting import wait_until

#: A replay that pauses at a given step, and continues on request.
HELD = """
import sys
from kafka import KafkaProducer
from streams.cli import main

moment, send, commit = sys.argv.pop(1), KafkaProducer.send, KafkaProducer.commit_transaction


def hold(now):
    if now == moment:
        print("held", flush=True)
        sys.stdin.readline()


def held_send(self, topic, **options):
    if topic.endswith(".replayed"):
        hold("records are sent")
    return send(self, topic, **options)


def held_commit(self):
    hold("marks are sent")
    commit(self)
    hold("all is committed")


KafkaProducer.send, KafkaProducer.commit_transaction = held_send, held_commit
main()
"""


@pytest.fixture
def settings(kafka: KafkaCluster, prefix: str, tmp_path: Path) -> Settings:
    """The topics that a replay reads and writes."""
    found = load_settings(brokers=kafka.bootstrap_servers, topic_prefix=f"{prefix}.", partitions=2, rules=tmp_path)
    names = [found.topic(name) for name in (ARTICLES, DEAD, REPLAYED)]
    create_topics(found, [spec for spec in topic_specs(found) if spec.name in names])
    return found


def die(settings: Settings, number: int, value: Callable[[int], bytes] = b"letter %d".__mod__) -> None:
    """A number of letters, half of them from each partition of `articles`."""
    producer = KafkaProducer(bootstrap_servers=settings.brokers, acks="all", linger_ms=20)
    for one in range(number):
        dead = DeadLetter(
            reason="no_text", message="no text", error="BadArticleError", stage="decode",
            topic=settings.topic("articles"), partition=one % 2, offset=one,
            timestamp=datetime.now(UTC), key=b"k", value=value(one),
        )  # fmt: skip
        producer.send(settings.topic("articles.dead"), key=dead.key, value=dead.value, headers=dead.all_headers())
    producer.close()


def die_of(settings: Settings, **changed: Any) -> None:
    """One letter of another kind."""
    dead = DeadLetter(
        **{
            "reason": "record_refused", "message": "", "error": "", "stage": "send", "topic": "", "partition": 0,
            "offset": 7, "timestamp": datetime.now(UTC), "key": b"k", "value": b"{", **changed,
        }
    )  # fmt: skip
    producer = KafkaProducer(bootstrap_servers=settings.brokers, compression_type="gzip", max_request_size=2**24)
    producer.send(settings.topic(DEAD), key=dead.sent_key, value=dead.value, headers=dead.all_headers())
    producer.close()


def flags(settings: Settings) -> list[str]:
    return ["--brokers", ",".join(settings.brokers), "--set", f"topic_prefix={settings.topic_prefix}"]


def start(settings: Settings, *command: str) -> subprocess.Popen[str]:
    words = [sys.executable, *(command or ("-m", "streams.cli")), "dead", "replay", *flags(settings)]
    pipe = subprocess.PIPE
    return subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def replayed(settings: Settings) -> str:
    """The message of an undisturbed replay; runs in this process, which is faster."""
    done = CliRunner().invoke(app, ["dead", "replay", *flags(settings)])
    assert done.exit_code == 0, done.output
    return done.stderr


def committed(settings: Settings, topic: str = "articles") -> Counter[bytes]:
    """How often readers of committed records see each value."""
    return Counter(record.value for record in records(settings, topic, isolation_level="read_committed"))


def sent(settings: Settings) -> int:
    """How many articles were sent, committed or not."""
    return sum(1 for _ in records(settings, "articles"))


@pytest.fixture
def held(settings: Settings, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """A replay of five letters, paused at the step that the test names."""
    die(settings, 5)
    with start(settings, "-c", HELD, request.param) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.mark.parametrize("held", ["records are sent", "marks are sent", "all is committed"], indirect=True)
def test_killed_at_any_moment_of_a_batch(settings: Settings, held: subprocess.Popen[str]) -> None:
    held.kill()
    held.wait()
    assert len(list(records(settings, "articles"))) == 5, "killed before the records were sent"
    before = committed(settings).total()
    assert before in (0, 5)
    assert f"{5 - before} dead letters replayed" in replayed(settings)
    assert committed(settings) == {b"letter %d" % number: 1 for number in range(5)}
    assert committed(settings, "articles.dead.replayed").total() == 5
    assert "0 dead letters replayed" in replayed(settings)


@pytest.mark.parametrize("held", ["records are sent", "marks are sent"], indirect=True)
def test_a_later_run_takes_over(settings: Settings, held: subprocess.Popen[str]) -> None:
    assert "5 dead letters replayed" in replayed(settings)
    _, said = held.communicate("go on\n", timeout=60)
    assert held.returncode == 2
    assert said.startswith("newswatch: another replay has taken over; 0 dead letters were replayed before")
    assert said.count("\n") == 1
    assert committed(settings) == {b"letter %d" % number: 1 for number in range(5)}
    assert committed(settings, "articles.dead.replayed").total() == 5


@pytest.mark.parametrize("held", ["marks are sent"], indirect=True)
def test_a_run_with_nothing_to_do_does_not_fence_another(settings: Settings, held: subprocess.Popen[str]) -> None:
    done = CliRunner().invoke(app, ["dead", "replay", "--reason", "not_json", *flags(settings)])
    assert "0 dead letters replayed" in done.stderr
    done = CliRunner().invoke(app, ["dead", "replay", "--dry-run", *flags(settings)])
    assert "5 dead letters would be replayed" in done.stderr
    _, said = held.communicate("go on\n", timeout=60)
    assert said == "5 dead letters replayed\n"


def test_concurrent_runs_killed_at_random(settings: Settings) -> None:
    number, chance = 1600, random.Random(6)
    die(settings, number)
    for _ in range(3):
        before = sent(settings)
        victims = [start(settings), start(settings)]
        wait_until(
            lambda victims=victims, before=before: (
                sent(settings) > before or all(v.poll() is not None for v in victims)
            ),
            60,
            "neither of two replays sends anything",
        )
        time.sleep(chance.uniform(0.0, 0.5))
        for victim in victims:
            victim.kill()
            victim.communicate()
    together = [start(settings) for _ in range(3)]
    for one in together:
        _, said = one.communicate(
            timeout=3 * transactions.WAIT_SECONDS
        )  # each waits for the brokers' word as long as that, at most
        assert (one.returncode, said.count("\n")) in ((0, 1), (2, 1)), said
        assert one.returncode == 0 or "another replay runs" in said or "open for more than" in said
    replayed(settings)
    assert committed(settings) == {b"letter %d" % one: 1 for one in range(number)}
    assert committed(settings, "articles.dead.replayed").total() == number


def test_a_letter_that_cannot_be_replayed_costs_no_other(settings: Settings) -> None:
    """Each is told with the reason and the remedy; all others are replayed, once."""
    topic = settings.topic(ARTICLES)
    plenty = b"\0" * (settings.max_request_bytes + 1_000_000)  # larger than a request, until it is packed
    die(settings, 3, lambda number: random.Random(2).randbytes(50_000) if number == 2 else b"%d" % number)
    die_of(settings, topic=topic, value=plenty)
    die_of(settings, topic=topic, value=b"4")
    die_of(settings, topic=topic, value=None, left_out=20_000_000)
    for elsewhere in ("secrets", settings.topic("alerts.gone"), changelog_topic(settings), settings.topic("alerts")):
        die_of(settings, topic=elsewhere)
    admin = KafkaAdminClient(bootstrap_servers=settings.brokers)
    limit = {"max.message.bytes": "20000"}
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, limit)])
    admin.close()

    dry = CliRunner().invoke(app, ["dead", "replay", "--dry-run", *flags(settings)])
    assert (dry.exit_code, "5 dead letters would be replayed" in dry.stderr) == (2, True), dry.output
    for put_back in (4, 0):
        told: list[str] = []
        with pytest.raises(ReplayEndedError, match=f"5 of the dead letters not replayed, see above; {put_back} were"):
            list(replay(settings, list(read_letters(settings, Wanted())), told.append))
        assert committed(settings) == {b"0": 1, b"1": 1, plenty: 1, b"4": 1}
        assert len(told) == 5
        assert all(re.match(r"dead letter \d:\d+: not replayed: ", said) for said in told)
        for reason in (
            f"{topic} refuses the record of 50,000 bytes, before compression (MESSAGE_TOO_LARGE)",
            "; its max.message.bytes is 20,000. Raise it: kafka-configs.sh",
            "topic 'secrets' as its origin is none that replay writes to; expected",
            f"topic {settings.topic('alerts.gone')} does not exist, or this user may not see it. Create it with",
            f"topic {settings.topic('alerts')} does not exist",
            f"it is a record of rule state, which a worker writes to {changelog_topic(settings)}",
        ):
            assert any(reason in said for said in told), (reason, told)
    done = CliRunner().invoke(app, ["dead", "replay", *flags(settings)])
    assert isinstance(done.exception, ReplayEndedError)  # friendly_errors ends the command with status 2
    said = "it lacks its content (20,000,000 bytes), which did not fit into a dead letter. Until retention deletes it, send"
    assert said in done.stderr
    only = CliRunner().invoke(app, ["dead", "replay", "--stage", "none", *flags(settings)])
    assert (only.exit_code, only.stderr) == (0, "0 dead letters replayed\n")


def has_open_transaction(settings: Settings) -> bool:
    """Whether the topic of marks blocks readers of committed records."""
    place = TopicPartition(settings.topic("articles.dead.replayed"), 0)
    ends = []
    for level in ("read_committed", "read_uncommitted"):
        consumer = KafkaConsumer(bootstrap_servers=settings.brokers, isolation_level=level)
        ends.append(consumer.end_offsets([place])[place])
        consumer.close()
    return ends[0] < ends[1]


def test_a_batch_that_takes_too_long_is_aborted(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    die(settings, 3)
    letters = list(read_letters(settings, Wanted()))
    commit, batches = KafkaProducer.commit_transaction, iter((1, 2))

    def late(producer: KafkaProducer) -> None:
        if next(batches) == 2:
            deadline = time.monotonic() + 60
            assert has_open_transaction(settings)
            while has_open_transaction(settings) and time.monotonic() < deadline:
                time.sleep(0.2)
        commit(producer)

    with monkeypatch.context() as slow:
        slow.setattr(transactions, "OPEN_SECONDS", 1)
        slow.setattr(replay_module, "BATCH", 2)
        slow.setattr(KafkaProducer, "commit_transaction", late)
        with pytest.raises(ReplayEndedError, match="open for more than 1 s; 2 dead letters were replayed before"):
            list(replay(settings, letters, [].append))
    assert "1 dead letter replayed" in replayed(settings)
    assert committed(settings) == {b"letter %d" % number: 1 for number in range(3)}


def test_an_error_aborts_the_open_transaction_at_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers of committed records do not wait for the brokers' timeout."""
    die(settings, 3)
    send = KafkaProducer.send

    def interrupted(producer: KafkaProducer, topic: str, **options: Any) -> Any:
        if topic.endswith(".replayed"):
            raise KeyboardInterrupt
        return send(producer, topic, **options)

    with monkeypatch.context() as broken:
        broken.setattr(KafkaProducer, "send", interrupted)
        with pytest.raises(KeyboardInterrupt):
            list(replay(settings, list(read_letters(settings, Wanted())), [].append))
    assert len(list(records(settings, "articles"))) == 3
    assert committed(settings).total() == 0
    sender = KafkaProducer(bootstrap_servers=settings.brokers, acks="all")
    for number in (0, 1):
        sender.send(settings.topic("articles"), b"later", partition=number)
    sender.close()
    assert committed(settings) == {b"later": 2}


def test_brokers_without_transactions_get_record_and_mark_one_by_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Kafka has transactions; here the client reports that it does not, and everything else is real."""
    die(settings, 3)

    def unknown(producer: KafkaProducer) -> None:
        raise UnsupportedVersionError("InitProducerId")

    monkeypatch.setattr(KafkaProducer, "init_transactions", unknown)
    with caplog.at_level(logging.WARNING, logger="streams.kafka.transactions"):
        assert "3 dead letters replayed" in replayed(settings)
    assert [record.message for record in caplog.records] == [
        "these brokers do not support transactions: a crash or a second run may send a record twice"
    ]
    assert "0 dead letters replayed" in replayed(settings)
    assert committed(settings) == {b"letter %d" % number: 1 for number in range(3)}


def test_replay_works_on_the_embedded_broker(embedded_broker: EmbeddedBroker, prefix: str, tmp_path: Path) -> None:
    settings = load_settings(
        brokers=embedded_broker.bootstrap_servers, topic_prefix=f"{prefix}.", partitions=2, rules=tmp_path
    )
    create_topics(settings, topic_specs(settings))
    die(settings, 5)
    assert replayed(settings) == "5 dead letters replayed\n"
    assert "0 dead letters replayed" in replayed(settings)
    assert committed(settings) == {b"letter %d" % number: 1 for number in range(5)}
