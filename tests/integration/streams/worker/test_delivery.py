"""Send, then write, then acknowledge, on real Kafka.

Covered: the producer is idempotent (each batch on the broker's disk has a producer id, epoch and sequence). While the
broker does not accept an article's results, nothing is committed, `/livez` fails, the worker ends, and the next one
loses nothing. A detector waits for an observation's rule set that it has not loaded yet. A worker is ready only when its
facts are recovered, and recovered facts count.
"""

import json
import struct
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kafka import KafkaProducer

from streams.kafka.clients import admin_client
from streams.kafka.topics import changelog_topic
from tests.rigs.articles import article
from tests.rigs.topics import delete_topics

New = Callable[..., Any]
Wait = Callable[..., None]

QUAKES = """
rules:
  - {name: quakes, kind: frequency, where: {text: quake}, group_by: [source], window: 12h, at_least: 3}
"""
FLOODS = """
  - {name: floods, kind: frequency, where: {text: flood}, group_by: [source], window: 1h, at_least: 2}
"""


def batches(topic: str, settings: Any) -> Iterator[tuple[int, int, int]]:
    """Producer id, epoch and first sequence number of each batch of a topic, from the headers on the broker's disk."""
    admin = admin_client(settings)
    folders = {log["log_dir"] for broker in admin.describe_log_dirs() for log in broker["log_dirs"]}
    admin.close()
    for file in (file for folder in folders for file in Path(folder).glob(f"{topic}-*/*.log")):
        data, place = file.read_bytes(), 0
        while place + 61 <= len(data):
            length, magic = struct.unpack_from(">i4xb", data, place + 8)
            assert magic == 2
            if not length:
                break  # preallocated space
            yield struct.unpack_from(">qhi", data, place + 43)
            place += 12 + length


def is_red(worker: Any) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}/livez", timeout=2):
            return False
    except urllib.error.HTTPError as answer:
        return answer.code == 503 and b"no progress" in answer.read()
    except OSError:
        return False


def test_nothing_is_committed_before_its_results_are_acknowledged(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(QUAKES)
    watch.create_topics()
    worker = watch.start(stall_seconds=6).wait_ready()
    watch.produce([article("q0", 0)])
    watch.wait_committed()
    for topic in ("articles.enriched", "observations"):
        written = list(batches(watch.settings.topic(topic), watch.settings))
        assert written
        assert all(identity >= 0 and epoch >= 0 and sequence >= 0 for identity, epoch, sequence in written), topic
    assert all(identity >= 0 for identity, _, _ in batches(changelog_topic(watch.settings), watch.settings))

    delete_topics(watch.settings, watch.settings.topic("articles.enriched"))  # sends to it are retried again and again
    watch.produce([article("q1", 1)])
    wait_until(lambda: is_red(worker), 30, "/livez does not fail", watch)
    assert worker.process.wait(60) == 70
    assert watch.committed() == {0: 1}
    watch.create_topics()
    watch.produce([article("q2", 2)])
    watch.start().wait_ready()
    watch.wait_committed()
    assert [alert["count"] for alert in watch.alerts()] == [3]
    written = list(batches(watch.settings.topic("alerts"), watch.settings))
    assert written
    assert all(identity >= 0 for identity, _, _ in written)
    ends = {json.loads(record.value)["id"] for record in watch.read("articles.enriched")}
    assert ends == {"q1", "q2"}


def test_a_detector_waits_for_rules_not_yet_loaded(new_watch: New, wait_until: Wait, tmp_path: Path) -> None:
    watch = new_watch(QUAKES + FLOODS, partitions=2)
    watch.create_topics()
    old = tmp_path / "old"
    old.mkdir()
    (old / "rules.yaml").write_text(QUAKES)
    new, behind = watch.start(instance_id="new"), watch.start(instance_id="behind", rules=old)
    new.wait_ready()
    behind.wait_ready()
    wait_until(lambda: len(new.owned()) == len(behind.owned()) == 1, 30, "the partitions are not divided", watch)
    (partition,) = new.owned()
    floods = [
        article(f"f{outlet}-{n}", outlet + n, "A flood.", f"outlet-{outlet}") for outlet in range(12) for n in (0, 1)
    ]
    watch.produce(floods, partition)
    wait_until(lambda: watch.committed().get(partition) == len(floods), 20, "the articles are not read", watch)
    time.sleep(3)
    assert 0 < len({alert["id"] for alert in watch.alerts()}) < 12
    (old / "rules.yaml").write_text(QUAKES + FLOODS)
    wait_until(lambda: len({alert["id"] for alert in watch.alerts()}) == 12, 20, "the worker does not continue", watch)
    watch.wait_committed()


def test_ready_once_the_facts_are_recovered(new_watch: New, wait_until: Wait) -> None:
    watch = new_watch(QUAKES)
    watch.create_topics()
    worker = watch.start().wait_ready()
    watch.produce([article("q-----", 0)])
    watch.wait_committed()
    worker.kill()
    # 10,000 more facts in the worker's format: two for each of 5,000 outlets.
    (fact,) = [record for record in watch.changelog() if b"q-----" in record.key]
    producer = KafkaProducer(bootstrap_servers=watch.settings.brokers, acks="all", linger_ms=50, batch_size=262_144)
    for number in range(10_000):
        changes = ((b"q-----", b"q%05d" % number), (b"wire", b"%04d" % (number % 5000)))
        key, value = fact.key, fact.value
        for before, after in changes:
            key, value = key.replace(before, after), value.replace(before, after)
        producer.send(changelog_topic(watch.settings), value, key)
    producer.flush()
    producer.close()
    watch.produce([article("q", 1, source="4321")])
    second = watch.start()
    wait_until(lambda: second.metric("newswatch_ready") == 0 and bool(second.status.samples()), 30, "no status", watch)
    second.wait_ready()
    watch.wait_committed()
    wait_until(lambda: second.metric("newswatch_facts") >= 10_002, 10, "facts are missing", watch)
    assert second.metric("newswatch_recovery_seconds") > 0
    (alert,) = watch.alerts()
    assert (alert["group"], alert["count"]) == ({"source": "4321"}, 3)
