"""The commands `ingest` and `subscribe` when brokers, readers or users go away."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer, TopicPartition

from streams.brokers.kafka_cluster import KafkaCluster
from streams.kafka.clients import consumer
from streams.kafka.topics import create_topics, topic_specs
from streams.settings import Settings, load_settings
from tests.rigs.raw_server import ok, raw_server
from tests.rigs.topics import delete_topics, records
from tests.rigs.waiting import wait_until


@pytest.fixture(scope="module")
def cluster(kafka: KafkaCluster) -> Iterator[KafkaCluster]:
    """A broker of its own, to be killed."""
    del kafka  # only for its skip
    with KafkaCluster() as own:
        yield own


@pytest.fixture
def settings(cluster: KafkaCluster, prefix: str) -> Settings:
    made = load_settings(brokers=cluster.bootstrap_servers, topic_prefix=f"{prefix}.", app_id=prefix, partitions=1)
    create_topics(made, topic_specs(made))
    return made


class Command:
    """A running `newswatch` command."""

    def __init__(self, settings: Settings, folder: Path, *arguments: str, **options: Any) -> None:
        self.out, self.err = folder / "out", folder / "err"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NEWSWATCH_")}
        environment |= {
            "NEWSWATCH_BROKERS": ",".join(settings.brokers),
            "NEWSWATCH_TOPIC_PREFIX": settings.topic_prefix,
            "NEWSWATCH_APP_ID": settings.app_id,
        }
        with self.out.open("wb") as out, self.err.open("wb") as err:
            command = [sys.executable, "-m", "streams.cli", *arguments]
            # A shell without job control ignores SIGINT in background processes.
            options = {"preexec_fn": partial(signal.signal, signal.SIGINT, signal.SIG_DFL)} | options
            self.process = subprocess.Popen(command, env=environment, **{"stdout": out, "stderr": err} | options)

    def shown(self) -> list[str]:
        """The ids of the printed alerts."""
        return [json.loads(line)["id"] for line in self.out.read_text().splitlines()]

    def wait_for(self, count: int, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while len(self.shown()) < count:
            assert self.process.poll() is None, self.err.read_text()
            assert time.monotonic() < deadline, (self.shown(), self.err.read_text())
            time.sleep(0.1)

    def ended(self, number: signal.Signals | None = None, seconds: float = 10.0) -> tuple[int, str]:
        """Wait for the end, after a signal if one is given; return the exit status and stderr."""
        if number is not None:
            self.process.send_signal(number)
        status = self.process.wait(seconds)
        said = self.err.read_text()
        assert "Traceback" not in said
        return status, said


def alert(id_: str) -> dict[str, Any]:
    time_ = "2025-03-01T10:00:00Z"
    return {
        "id": id_, "revision": 1, "rule": "floods", "kind": "match", "state": "firing", "severity": "info",
        "group": {}, "count": 1, "starts_at": time_, "updated_at": time_, "rule_set_version": "1",
    }  # fmt: skip


def publish(settings: Settings, *ids: str, raw: bytes | None = None) -> None:
    producer = KafkaProducer(bootstrap_servers=settings.brokers, acks="all")
    for id_ in ids:
        producer.send(settings.topic("alerts"), key=id_.encode(), value=json.dumps(alert(id_)).encode())
    if raw is not None:
        producer.send(settings.topic("alerts"), key=b"raw", value=raw)
    producer.flush()
    producer.close()


FOLLOW = ("subscribe", "--format", "json", "--group", "desk")


def committed(settings: Settings) -> int | None:
    reader = consumer(settings, group_id="desk")
    try:
        found: int | None = reader.committed(TopicPartition(settings.topic("alerts"), 0))
    finally:
        reader.close()
    return found


def wait_committed(settings: Settings, expected: int, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while (found := committed(settings)) != expected:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def test_exactly_the_shown_alerts_are_committed(settings: Settings, tmp_path: Path) -> None:
    names = [f"a{number}" for number in range(30)]
    publish(settings, *names)
    first = Command(settings, tmp_path, *FOLLOW, "--from-beginning", "--max", "7")
    assert first.ended(seconds=60) == (0, "")
    assert first.shown() == names[:7]
    assert committed(settings) == 7
    for number in (signal.SIGTERM, signal.SIGINT):
        seen = committed(settings)
        follower = Command(settings, tmp_path, *FOLLOW)
        names.append(f"a{len(names)}")
        publish(settings, names[-1])
        follower.wait_for(len(names) - (seen or 0))
        assert follower.ended(number) == (0, "")
        assert follower.shown() == names[seen:]
        assert committed(settings) == len(names)


def test_a_closed_pipe_ends_it_and_unread_alerts_are_shown_again(settings: Settings, tmp_path: Path) -> None:
    wide = [f"{number:04d}" + "x" * 60_000 for number in range(8)]  # each fills a pipe's buffer
    publish(settings, *wide)
    left = Command(settings, tmp_path, *FOLLOW, "--from-beginning", stdout=subprocess.PIPE)
    assert left.process.stdout is not None
    assert json.loads(left.process.stdout.readline())["id"] == wide[0]
    left.process.stdout.close()
    assert left.ended(seconds=30) == (0, "")
    found = committed(settings)
    assert found is not None
    assert 1 <= found < 5  # a pipe and its reader buffer a few; all eight were fetched at once
    second = Command(settings, tmp_path, *FOLLOW, "--max", "1")
    assert second.ended(seconds=60) == (0, "")
    assert second.shown() == [wide[found]]


def test_a_group_without_alerts_resumes_at_its_first_position(settings: Settings, tmp_path: Path) -> None:
    publish(settings, "before")
    first = Command(settings, tmp_path, *FOLLOW)
    wait_committed(settings, 1)
    assert first.ended(signal.SIGTERM) == (0, "")
    publish(settings, "while-away")
    second = Command(settings, tmp_path, *FOLLOW, "--max", "1")
    assert second.ended(seconds=60) == (0, "")
    assert second.shown() == ["while-away"]


@pytest.mark.alone  # under load a starting broker disconnects its clients again, which log that again
def test_a_broker_that_goes_away_and_comes_back_loses_nothing(
    settings: Settings, cluster: KafkaCluster, tmp_path: Path
) -> None:
    """For subscribers with and without a group, and articles in flight; one log line reports the outage."""
    articles = tmp_path / "articles.jsonl"
    count = 20_000
    articles.write_text("".join(json.dumps({"id": f"n{n}", "text": "A flood. " * 40}) + "\n" for n in range(count)))
    folders = [tmp_path / name for name in ("group", "alone", "ingest")]
    for folder in folders:
        folder.mkdir()
    with_group = Command(settings, folders[0], *FOLLOW, "--from-beginning")
    alone = Command(settings, folders[1], "subscribe", "--format", "json")
    publish(settings, "early", raw=b"no alert")
    with_group.wait_for(1)
    deadline = time.monotonic() + 60
    while not alone.shown():
        publish(settings, f"early{time.monotonic()}")
        assert time.monotonic() < deadline
        time.sleep(0.5)
    ingest = Command(settings, folders[2], "ingest", str(articles), "--json")
    wait_until(lambda: any(records(settings, "articles")), 60, "ingest sends nothing")
    cluster.kill(1)
    time.sleep(4)
    cluster.start(1)
    publish(settings, "late1", "late2")
    for follower in (with_group, alone):
        deadline = time.monotonic() + 60
        while "late2" not in follower.shown():
            assert time.monotonic() < deadline, follower.err.read_text()
            time.sleep(0.2)
    for follower in (with_group, alone):
        status, said = follower.ended(signal.SIGINT)
        assert status == 0
        assert said.count("the brokers do not answer") == 1, said
        assert follower.shown()[-2:] == ["late1", "late2"]
        assert len(set(follower.shown())) == len(follower.shown())
    assert f"{settings.topic('alerts')} 0:1 is not an alert, skipping it" in with_group.err.read_text()
    status, said = ingest.ended(seconds=180)
    assert status == 0, said
    assert json.loads(ingest.out.read_text())["sent"] == count
    assert len({record.key for record in records(settings, "articles")}) == count


def test_a_recreated_topic_is_read_from_its_beginning(settings: Settings, tmp_path: Path) -> None:
    publish(settings, *(f"old{number}" for number in range(3)))
    follower = Command(settings, tmp_path, "subscribe", "--format", "json", "--from-beginning")
    follower.wait_for(3)
    delete_topics(settings, settings.topic("alerts"))
    create_topics(settings, topic_specs(settings))
    new = [f"new{number}" for number in range(6)]
    publish(settings, *new)
    follower.wait_for(9)
    assert follower.shown()[3:] == new
    assert follower.ended(signal.SIGTERM)[0] == 0


def test_ingest_names_the_oversized_article_and_counts_the_sent_ones(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "articles.jsonl"
    texts = ["A flood.", "A flood. " * 20_000, "Another."]
    file.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    done = Command(settings, tmp_path, "ingest", str(file), "--set", "max_request_bytes=100000")
    status, said = done.ended(seconds=60)
    assert status == 2
    assert f"{file}:2: not sent: the record has 180" in said
    assert "bytes; expected fewer than max_request_bytes (100,000)" in said
    assert said.endswith(f"2 articles sent to {settings.topic('articles')}; 1 refused, see above\n")
    assert len(list(records(settings, "articles"))) == 2


def test_a_feed_that_cannot_be_read_is_told_and_the_others_are_sent(settings: Settings, tmp_path: Path) -> None:
    item = "<item><title>A flood</title><link>https://{}/1</link><description>A flood.</description></item>"
    feed = f"<rss version='2.0'><channel>{item.format('www.reuters.com')}{item.format('apnews.com')}</channel></rss>"
    answers = {"/good": ok(feed.encode()), "/bad": b"HTTP/1.1 500 \x1b]0;owned\x07\r\n\r\n", "/odd": ok(b"<html/>")}
    with raw_server(answers) as server:
        urls = [f"{server}/bad", "file:///etc/passwd", f"{server}/odd", f"{server}/good", f"wire={server}/good"]
        options = [word for url in urls for word in ("--rss", url)]
        done = Command(settings, tmp_path, "ingest", *options, "--set", "feeds_at_private_addresses=true")
        status, said = done.ended(seconds=120)
        kept = Command(settings, tmp_path, "ingest", "--rss", f"{server}/good").ended(seconds=60)
    assert status == 2
    assert said.endswith(f"4 articles sent to {settings.topic('articles')}; 3 refused, see above\n")
    assert f"{server}/bad: HTTP status 500" in said
    assert "\x1b]0" not in said
    assert "file:///etc/passwd: expected an http or https address" in said
    assert f"{server}/odd: expected RSS or Atom, found neither" in said
    assert {json.loads(record.value)["source"] for record in records(settings, "articles")} == {"127.0.0.1", "wire"}
    assert kept[0] == 2
    assert "127.0.0.1 is at 127.0.0.1, not a public address" in kept[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=str)
def test_a_stopped_ingest_counts_the_sent_articles(settings: Settings, tmp_path: Path, number: signal.Signals) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    done = Command(settings, tmp_path, "ingest", str(pipe))
    with pipe.open("w") as articles:
        for n in range(50):
            articles.write(json.dumps({"id": f"{n}", "text": "A flood."}) + "\n")
        articles.flush()
        time.sleep(3)
        status, said = done.ended(number)
    assert status == 128 + number
    assert said.endswith(f"50 articles sent to {settings.topic('articles')}\n")
    assert len(list(records(settings, "articles"))) == 50
