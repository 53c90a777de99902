"""`subscribe` and `dead` on topics where another program has written anything: one bad record costs itself."""

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaProducer

from streams.brokers.kafka_cluster import KafkaCluster
from streams.dead_letters.letters import Wanted, read_letters
from streams.dead_letters.replay import replay
from streams.kafka.topics import ALERTS, ARTICLES, DEAD, REPLAYED, create_topics, topic_specs
from streams.records.dead_letter import DeadLetter
from streams.settings import Settings, load_settings
from tests.rigs.topics import records

NOW = datetime(2025, 3, 1, tzinfo=UTC)
#: Not alerts, and not marks of replayed letters either.
HOSTILE = [
    b"",
    b"no JSON",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"id":' * 50_000,
    b'{"id": ' + b"9" * 5000 + b"}",
    b'{"id": "x", "unknown": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
]


@pytest.fixture
def settings(kafka: KafkaCluster, prefix: str, tmp_path: Path) -> Settings:
    found = load_settings(brokers=kafka.bootstrap_servers, topic_prefix=f"{prefix}.", partitions=1, rules=tmp_path)
    names = [found.topic(name) for name in (ALERTS, ARTICLES, DEAD, REPLAYED)]
    create_topics(found, [spec for spec in topic_specs(found) if spec.name in names])
    return found


@pytest.fixture
def producer(kafka: KafkaCluster) -> Iterator[KafkaProducer]:
    made = KafkaProducer(bootstrap_servers=kafka.bootstrap_servers, acks="all", linger_ms=20, compression_type="gzip")
    yield made
    made.close()


def alert(id_: str) -> bytes:
    given = {
        "id": id_, "revision": 1, "rule": "r", "kind": "match", "state": "firing", "severity": "info", "group": {},
        "count": 1, "starts_at": NOW, "updated_at": NOW, "rule_set_version": "v",
    }  # fmt: skip
    return msgspec.json.encode(given)


def newswatch(settings: Settings, *words: str, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "streams.cli", *words, "--brokers", ",".join(settings.brokers)]
    command += ["--set", f"topic_prefix={settings.topic_prefix}"]
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=120)


def test_a_bad_record_does_not_end_a_subscription(settings: Settings, producer: KafkaProducer) -> None:
    topic = settings.topic(ALERTS)
    hostile = [*HOSTILE, alert("big").replace(b'"count":1', b'"count":' + b"9" * 5000)]
    producer.send(topic, alert("first"), b"a")
    for number, value in enumerate(hostile):
        producer.send(topic, value, b"%d" % number)
    producer.send(topic, alert("last"), b"b")
    producer.flush()
    for form in ("json", "table"):
        done = newswatch(settings, "subscribe", "--from-beginning", "--format", form, "--max", "2")
        assert done.returncode == 0, done.stderr
        assert done.stderr.count("is not an alert, skipping it") == len(hostile)
        assert "Traceback" not in done.stderr
        if form == "json":
            assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["first", "last"]

    with Path("/dev/full").open("wb") as full:
        done = newswatch(settings, "subscribe", "--from-beginning", "--max", "2", stdout=full.fileno())
    said = done.stderr.splitlines()[-1]
    assert (done.returncode, said) == (
        2,
        "newswatch: cannot write the output: No space left on device; the output is incomplete",
    )
    assert "Traceback" not in done.stderr


def test_a_bad_letter_does_not_end_the_commands(settings: Settings, producer: KafkaProducer) -> None:
    def letter(offset: int, value: bytes) -> DeadLetter:
        return DeadLetter(
            reason="no_text", message="no\x1b[2J text", error="BadArticleError", stage="decode",
            topic=settings.topic(ARTICLES), partition=0, offset=offset, timestamp=NOW, key=b"k", value=value,
        )  # fmt: skip

    topic = settings.topic(DEAD)
    for number, name in enumerate(("offset", "partition", "timestamp", "topic")):
        headers = [
            (key, b"9" * 5000 if key.endswith(f".{name}") else value) for key, value in letter(9, b"").all_headers()
        ]
        producer.send(topic, b"bad %d" % number, b"k", headers=headers)
    producer.send(topic, b"none", b"k", headers=[])
    for number in range(3):
        good = letter(number, b"good %d" % number)
        producer.send(topic, good.value, good.key, headers=good.all_headers())
    for value in HOSTILE:
        producer.send(settings.topic(REPLAYED), value, b"m")
    producer.flush()

    listed = newswatch(settings, "dead", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    assert len(listed.stdout.splitlines()) == 8
    assert "\x1b" not in newswatch(settings, "dead", "list").stdout
    shown = newswatch(settings, "dead", "show", "0:0", "0:5")
    assert (shown.returncode, shown.stdout) == (0, "bad 0\ngood 0\n")
    chosen = ["dead", "replay", "0:5", "0:6", "0:7"]
    for expected in ("3 dead letters replayed", "0 dead letters replayed (3 replayed before"):
        replayed = newswatch(settings, *chosen)
        assert replayed.returncode == 0, replayed.stderr
        assert replayed.stderr.splitlines()[-1].startswith(expected)
        assert "Traceback" not in replayed.stderr
    assert [record.value for record in records(settings, ARTICLES)] == [
        b"good 0",
        b"good 1",
        b"good 2",
    ]


def test_a_replay_keeps_the_content_of_one_batch_in_memory(settings: Settings, producer: KafkaProducer) -> None:
    for number in range(130):
        value = (b"%09d" % number) * 100_000  # 900 kB each, 117 MB; a fetch has them all, for they are compressed
        dead = DeadLetter(
            reason="no_text", message="no text", error="BadArticleError", stage="decode",
            topic=settings.topic(ARTICLES), partition=0, offset=number, timestamp=datetime.now(UTC), key=b"k", value=value,
        )  # fmt: skip
        producer.send(settings.topic(DEAD), dead.value, dead.key, headers=dead.all_headers())
    producer.flush()
    tracemalloc.start()
    try:
        letters = [letter.outline() for letter in read_letters(settings, Wanted())]
        assert len(list(replay(settings, letters, pytest.fail))) == 130
        peak = tracemalloc.get_traced_memory()[1]
        assert peak < 100 * 2**20
    finally:
        tracemalloc.stop()
    sent = [record.value for record in records(settings, ARTICLES)]
    assert sorted(value[:9] for value in sent) == [b"%09d" % number for number in range(130)]
    assert {len(value) for value in sent} == {900_000}
