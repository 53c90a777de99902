"""Dead letters on real Kafka: listed, shown, and replayed byte for byte, once."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kafka import KafkaProducer
from typer.testing import CliRunner, Result

from streams.cli import app
from streams.kafka.clients import NULL, producer
from streams.kafka.null_headers import sendable
from streams.records.dead_letter import DeadLetter

RULES = "rules: [{name: floods, kind: match, where: {text: flood}}]"
BAD = [b"<html>502 caf\xe9</html>", b'{"text": 5}', b'{"text": ""}']
HEADERS = [("trace", b"7f"), ("trace", b"80"), ("empty", b""), ("null", None), ("__connect.errors.topic", b"upstream")]
TIME_MS = int((time.time() - 3600) * 1000)


def flags(watch: Any) -> list[str]:
    return ["--brokers", ",".join(watch.settings.brokers), "--set", f"topic_prefix={watch.settings.topic_prefix}"]


def newswatch(watch: Any, *arguments: str, status: int = 0) -> Result:
    """A command's output; runs in this process, which is faster."""
    done = CliRunner().invoke(app, [*arguments, *flags(watch)])
    assert done.exit_code == status, done.output
    return done


def refusal(watch: Any, *arguments: str) -> str:
    """A failing command's message."""
    command = [sys.executable, "-m", "streams.cli", *arguments, *flags(watch)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    return done.stderr


def listed(watch: Any, *filters: str) -> list[dict[str, Any]]:
    lines = newswatch(watch, "dead", "list", "--json", *filters).stdout_bytes.split(b"\n")
    return [json.loads(line) for line in lines if line]


def reasons(watch: Any, *filters: str) -> list[str]:
    return sorted(letter["reason"] for letter in listed(watch, *filters))


def produce(watch: Any, topic: str, value: bytes | None, **options: Any) -> tuple[int, int]:
    producer = KafkaProducer(bootstrap_servers=watch.settings.brokers, max_request_size=16 * 2**20, acks="all")
    options["headers"] = sendable(options.get("headers", []))
    metadata = producer.send(watch.settings.topic(topic), value=value, **options).get(30)
    producer.close()
    return metadata.partition, metadata.offset


def records(watch: Any, topic: str = "articles") -> list[tuple[Any, ...]]:
    return [(r.partition, r.offset, r.key, r.value, r.headers, r.timestamp) for r in watch.read(topic)]


def test_letters_are_listed_shown_and_replayed_once(
    new_watch: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = new_watch(RULES, partitions=2)
    watch.create_topics()
    watch.let_producers_stamp()
    for value in (*BAD, None):
        place = produce(watch, "articles", value, key=b"k\xff", headers=HEADERS, partition=1, timestamp_ms=TIME_MS)
    produce(watch, "articles", b'{"id": "a", "text": "A flood."}', partition=0)
    watch.start().wait_ready()
    watch.wait_committed()
    original = [record for record in records(watch) if record[0] == 1]

    assert reasons(watch) == ["no_text", "no_text", "not_utf8", "wrong_type"]
    with monkeypatch.context() as small:
        small.setattr("streams.cli.dead.TABLE_ROWS", 3)
        table = newswatch(watch, "dead", "list").stdout
    assert (table.count("failed at"), table.count(watch.settings.topic("articles"))) == (2, 4)
    assert newswatch(watch, "dead", "list", "--reason", "none").stdout.count("failed at") == 1
    (wrong,) = listed(watch, "--reason", "wrong_type")
    assert wrong["value"].encode() == BAD[1]
    assert "'text'" in wrong["message"]
    assert (wrong["topic"], wrong["partition"], wrong["state"]) == (watch.settings.topic("articles"), 1, "open")
    assert [tuple(pair) for pair in wrong["headers"]] == [
        (name, None if value is None else value.decode()) for name, value in HEADERS
    ]

    for filters, expected in [
        (("--contains", "502"), ["not_utf8"]),
        (("--contains", "'text': expected a string"), ["wrong_type"]),
        (("--reason", "not_utf8", "--reason", "wrong_type"), ["not_utf8", "wrong_type"]),
        (("--since", "2999-01-01"), []),
        (("--until", "2999-01-01", "--reason", "not_utf8"), ["not_utf8"]),
        (("--stage", "extract"), []),
        (("--stage", "decode", "--topic", "articles", "--offset", "2-"), ["no_text", "no_text"]),
        (("--partition", "0"), []),
        (("--partition", "1", "--offset", "0-1"), ["not_utf8", "wrong_type"]),
        (("--offset", str(place[1])), ["no_text"]),
    ]:
        assert reasons(watch, *filters) == expected, filters

    shown = newswatch(watch, "dead", "show", wrong["id"])
    assert shown.stdout_bytes == BAD[1] + b"\n"
    assert newswatch(watch, "dead", "show", "--reason", "not_utf8").stdout_bytes == BAD[0] + b"\n"
    assert "no dead letter at 0:99999" in newswatch(watch, "dead", "show", "0:99999", status=1).stderr
    assert "expected PARTITION:OFFSET" in refusal(watch, "dead", "replay", "wrong")

    assert "1 dead letter would be replayed" in newswatch(watch, "dead", "replay", wrong["id"], "--dry-run").stderr
    assert len(records(watch)) == 5

    (put_back,) = map(json.loads, newswatch(watch, "dead", "replay", wrong["id"], "--json").stdout.splitlines())
    assert (put_back["letter"], put_back["partition"]) == (wrong["id"], 1)
    newswatch(watch, "dead", "replay")
    watch.wait_committed()
    again = [record for record in records(watch) if record[0] == 1][4:]
    assert sorted(map(repr, (record[2:] for record in again))) == sorted(map(repr, (one[2:] for one in original)))

    # They fail again: known as returned, and not replayed a second time.
    assert [letter["state"] for letter in listed(watch)].count("returned") == 4
    assert reasons(watch, "--state", "open") == []
    for _ in range(2):
        said = newswatch(watch, "dead", "replay").stderr
        assert "0 dead letters replayed (8 replayed before" in said
    assert len(records(watch)) == 9
    newswatch(watch, "dead", "replay", "--again", "--reason", "wrong_type")
    watch.wait_committed()
    assert len(records(watch)) == 10
    assert "0 dead letters replayed" in newswatch(watch, "dead", "replay").stderr
    assert len(watch.alerts()) == 1


def test_a_record_with_neither_key_nor_value_becomes_a_letter(new_watch: Callable[..., Any]) -> None:
    """Kafka accepts such a record, and client libraries refuse to write it, as a letter and at replay."""
    watch = new_watch(RULES, partitions=1)
    watch.create_topics()
    sender = producer(watch.settings)
    sender.send(watch.settings.topic("articles"), key=NULL, value=None, headers=sendable(HEADERS)).get(30)
    sender.close()
    produce(watch, "articles", None, key=b"")
    produce(watch, "articles", b'{"id": "a", "text": "A flood."}')
    watch.start().wait_ready()
    watch.wait_committed()
    assert len(watch.alerts()) == 1

    nothing, empty = listed(watch)
    assert (nothing["key"], nothing["value"]) == (None, None)
    assert [tuple(pair) for pair in nothing["headers"]] == [
        (name, None if value is None else value.decode()) for name, value in HEADERS
    ]
    assert (empty["key"], empty["value"]) == ("", None)
    assert "2 dead letters replayed" in newswatch(watch, "dead", "replay").stderr
    watch.wait_committed()
    found = records(watch)
    assert [one[2:5] for one in found[3:]] == [one[2:5] for one in found[:2]]
    assert sorted(letter["state"] for letter in listed(watch)) == ["replayed", "replayed", "returned", "returned"]


DIED = datetime.fromtimestamp(TIME_MS / 1000, UTC)


def letter(watch: Any, **changes: Any) -> DeadLetter:
    given: dict[str, Any] = {
        "reason": "extraction_failed",
        "message": "what an older version could not read",
        "error": "KeyError",
        "stage": "extract",
        "topic": watch.settings.topic("articles"),
        "partition": 0,
        "offset": 7,
        "timestamp": DIED,
        "key": b"b",
        "value": b'{"id": "b", "text": "The flood rose."}',
    }
    return DeadLetter(**(given | changes))


def test_a_replayed_letter_that_is_now_readable_fires_at_its_articles_time(
    new_watch: Callable[..., Any],
) -> None:
    watch = new_watch(RULES)
    watch.create_topics()
    watch.let_producers_stamp()  # otherwise an article without a date arrives when it is replayed
    dead = letter(watch)
    for _ in range(2):  # a crashing worker wrote it twice
        produce(watch, "articles.dead", dead.value, key=dead.key, headers=dead.all_headers())
    assert len(listed(watch)) == 1
    watch.start().wait_ready()
    for said in ("1 dead letter replayed", "0 dead letters replayed"):
        assert said in newswatch(watch, "dead", "replay", "--reason", "extraction_failed").stderr
    watch.wait_committed()
    (alert,) = watch.alerts()
    assert alert["evidence"][0]["article_id"] == "b"
    assert datetime.fromisoformat(alert["updated_at"]) == DIED
    assert [one["state"] for one in listed(watch)] == ["replayed"]


def test_a_letter_cannot_choose_its_target_topic(new_watch: Callable[..., Any]) -> None:
    watch = new_watch(RULES)
    watch.create_topics()
    forged = letter(watch, topic=watch.settings.topic("articles.enriched"))
    produce(watch, "articles.dead", forged.value, headers=forged.all_headers())
    produce(watch, "articles.dead", b"written by somebody else", headers=[("__connect.errors.partition", b"x")])
    assert {one["reason"] for one in listed(watch)} == {"extraction_failed", "unknown"}
    said = refusal(watch, "dead", "replay", "--again")
    assert "as its origin is none that replay writes to; expected" in said
    assert "it names no topic as its origin: another program wrote it" in said
    assert said.endswith("newswatch: 2 of the dead letters not replayed, see above; 0 were\n")
    assert records(watch, "articles.enriched") == []


def test_an_old_record_gets_a_new_timestamp_so_that_retention_does_not_delete_it(new_watch: Callable[..., Any]) -> None:
    watch = new_watch(RULES)
    watch.create_topics()
    old = letter(watch, timestamp=DIED - timedelta(days=30))
    produce(watch, "articles.dead", old.value, headers=old.all_headers())
    newswatch(watch, "dead", "replay")
    ((*_, timestamp),) = records(watch)
    assert timestamp > TIME_MS


@pytest.mark.slow
def test_a_record_of_the_largest_size_becomes_a_letter_and_blocks_nothing(new_watch: Callable[..., Any]) -> None:
    watch = new_watch(RULES)
    watch.create_topics()
    noise = random.Random(4).randbytes(8 * 2**20 - 200)  # does not compress
    produce(watch, "articles", noise)
    produce(watch, "articles", b'{"id": "a", "text": "A flood."}')
    worker = watch.start().wait_ready()
    watch.wait_committed()
    assert worker.process.poll() is None
    (dead,) = watch.read("articles.dead")
    assert dead.value == noise
    assert len(watch.alerts()) == 1
    newswatch(watch, "dead", "replay")
    deadline = time.monotonic() + 60
    while len(watch.read("articles.dead")) < 2 and time.monotonic() < deadline:
        time.sleep(0.5)
    assert [record.value for record in watch.read("articles.dead")] == [noise, noise]
    assert reasons(watch, "--state", "returned") == ["not_utf8"]
